import type { Registry } from "prom-client";
import type { Journal } from "../journal/journal.ts";
import type { BusStatus, MessageBus } from "../process/bus.ts";
import type { Address } from "../process/config-types.ts";
import { type Dependency, type HealthServer, startHealthServer } from "../process/health.ts";

/** Serves health and metrics of a relay, where its owner wants it to listen at all. */
export function startRelayHealth(
  address: Address,
  { bus, journal, metrics }: { bus: MessageBus; journal: Journal; metrics: Registry },
): Promise<HealthServer> {
  let status: BusStatus = { connected: false, reason: "starting" };
  bus.onStatus((now) => {
    status = now;
  });
  const dependencies = (): Dependency[] => [
    { name: "bus", ready: status.connected, ...(!status.connected && { detail: status.reason }) },
    {
      name: "journal",
      ready: journal.fault === undefined,
      ...(journal.fault && { detail: journal.fault.message }),
    },
  ];
  return startHealthServer({ ...address, dependencies, metrics });
}
