import { Gauge, type Registry } from "prom-client";
import type { SpoolSpace } from "../execution/spool-space.ts";

/** How full the relay's part of the disk is, and who waits for it. */
export function spoolMetrics(registry: Registry, space: SpoolSpace): void {
  const registers = [registry];
  new Gauge({
    name: "aldis_relay_spool_bytes",
    help: "Output on this relay's disk that is not confirmed, or not removed yet",
    registers,
    collect() {
      this.set(space.usedBytes);
    },
  });
  new Gauge({
    name: "aldis_relay_spool_limit_bytes",
    help: "How much output may lie on this relay's disk: relay.spool_limit",
    registers,
    collect() {
      this.set(space.limitBytes);
    },
  });
  new Gauge({
    name: "aldis_relay_executions_waiting",
    help: "Executions whose command waits until a bot confirms output and there is room for more",
    registers,
    collect() {
      this.set(space.waiting);
    },
  });
}
