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

/** Makes known that a message was not what it claimed to be. */
export interface RefusedMessages {
  ofRelay(kind: string, relayId: string, reason: string): void;
  /** The workspace is that of the join token, where it is known. */
  ofNewcomer(workspaceId: string | undefined, reason: string): void;
}

interface Refused {
  kind: string;
  reason: string;
  relayId?: string;
  workspaceId: string | undefined;
}

/**
 * Every refusal is counted; it is logged and put on record once a minute for one sender, kind and
 * reason, so that nobody floods the log or the audit.
 */
export function refusedMessages(deps: Deps): RefusedMessages {
  const isDue = onceAMinute(() => performance.now());
  const counter = new Counter({
    name: "aldis_messages_refused_total",
    help: "Messages in the name of a relay that were not what they claimed to be",
    labelNames: ["kind", "reason"],
    registers: [deps.metrics],
  });

  function note({ kind, reason, relayId, workspaceId }: Refused): void {
    counter.inc({ kind, reason });
    if (!isDue([workspaceId, relayId, kind, reason].join(" "))) return;
    deps.log.warn({ kind, relayId, reason }, "message refused");
    if (workspaceId === undefined) return;
    recordEvent(deps.store, workspaceId, {
      kind: "message.refused",
      method: "system",
      relayId,
      object: relayId === undefined ? undefined : `relay:${relayId}`,
      detail: { message: kind, reason },
    }).catch((error: unknown) => deps.log.warn({ err: error }, "a refusal was not recorded"));
  }

  return {
    ofRelay: (kind, relayId, reason) =>
      note({ kind, reason, relayId, workspaceId: deps.workspaceOf(relayId) }),
    ofNewcomer: (workspaceId, reason) => note({ kind: "enrol", reason, workspaceId }),
  };
}
