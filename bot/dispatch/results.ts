import type { BusMessage, Subscription } from "../../relay/process/bus.ts";
import { fromBot, fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import type { Result } from "../../relay/wire/messages.ts";
import { BOTS_QUEUE, relayOf, upFromAnyRelay } from "../../relay/wire/subjects.ts";
import { signTo } from "../relays/sign-to.ts";
import type { DispatchDeps } from "./dispatch.ts";
import type { ExecutionEnd } from "./live.ts";
import { settle } from "./transitions.ts";

const RECEIPT_TTL_MS = 30_000;

/**
 * Takes results: committed first, confirmed by a signed receipt after that, repeats too. Without
 * a receipt the relay keeps the result and sends it again.
 */
export function serveResults(deps: DispatchDeps): Subscription {
  return deps.bus.subscribe(upFromAnyRelay("result"), { queue: BOTS_QUEUE }, (message) =>
    onResult(deps, message),
  );
}

async function onResult(deps: DispatchDeps, message: BusMessage): Promise<void> {
  const relay = deps.registry.find(relayOf(message.subject) ?? "");
  if (!relay?.epoch) return;
  const opened = await openFromRelay(fromRelay.result, message.payload, relay.key);
  if (!opened.ok) {
    deps.log.warn({ relayId: relay.id, failure: opened.failure }, "result refused");
    return;
  }
  const result = opened.message;
  const { executionId, attempt } = result;
  const jws = Buffer.from(message.payload).toString("latin1");
  const outcome = await settle(deps.store, relay.workspaceId, relay.id, result, jws);
  if (outcome === "not yours") {
    // The attempt has gone to another relay, or never was: confirmed, so that it is not sent for ever.
    deps.log.warn({ relayId: relay.id, executionId }, "result not used: not this relay's to give");
  }
  if (outcome === "settled") relay.load = Math.max(0, relay.load - 1);
  deps.log.info({ relayId: relay.id, executionId, outcome, status: result.status }, "result taken");
  const to = { relayId: relay.id, epoch: relay.epoch, ttlMs: RECEIPT_TTL_MS };
  const auditHead = deps.auditHead(relay.workspaceId);
  const receipt = {
    executionId,
    attempt,
    of: "result",
    ...(auditHead && { head: auditHead }),
  } as const;
  message.respond(await signTo(deps, to, fromBot.receipt, receipt));
  if (outcome === "settled") deps.live.ended(executionId, endOf(result));
}

function endOf(result: Result): ExecutionEnd {
  // What never began has ended only if somebody had cancelled it; else it is back in the queue.
  const state = result.status === "not-begun" ? "cancelled" : result.status;
  return {
    state,
    exitCode: result.exitCode,
    reason: result.reason,
    durationMs: result.durationMs,
  };
}
