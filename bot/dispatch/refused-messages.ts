import type { Logger } from "pino";
import { Counter, type Registry } from "prom-client";
import { onceAMinute } from "../../relay/process/once-a-minute.ts";
import { recordEvent } from "../audit/event.ts";
import type { Store } from "../store/pool.ts";

interface Deps {
  store: Store;
  metrics: Registry;
  /** Undefined for a relay that nobody has enrolled. */
  workspaceOf(relayId: string): string | undefined;
  log: Logger;
}

/**
 * Makes known that a message was not what it claimed to be: counted and logged each time, and put
 * on record once a minute for one relay, kind and reason, so that nobody floods the audit.
 */
export function refusedMessages(
  deps: Deps,
): (kind: string, relayId: string, reason: string) => void {
  const isDue = onceAMinute(() => performance.now());
  const refused = new Counter({
    name: "aldis_messages_refused_total",
    help: "Messages in the name of a relay that were not what they claimed to be",
    labelNames: ["kind", "reason"],
    registers: [deps.metrics],
  });

  return (kind, relayId, reason) => {
    refused.inc({ kind, reason });
    deps.log.warn({ kind, relayId, reason }, "message refused");
    const workspaceId = deps.workspaceOf(relayId);
    if (workspaceId === undefined || !isDue(`${relayId} ${kind} ${reason}`)) return;
    recordEvent(deps.store, workspaceId, {
      kind: "message.refused",
      method: "system",
      relayId,
      object: `relay:${relayId}`,
      detail: { message: kind, reason },
    }).catch((error: unknown) => deps.log.warn({ err: error }, "a refusal was not recorded"));
  };
}
