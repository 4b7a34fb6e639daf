import type { BusMessage, Subscription } from "../../relay/process/bus.ts";
import { reach } from "../../relay/process/fault-point.ts";
import {
  fromBot,
  fromRelay,
  type Opened,
  openFromRelay,
  splitLines,
} from "../../relay/wire/envelope.ts";
import { MOST_TOGETHER, type Receipted, type Result } from "../../relay/wire/messages.ts";
import { BOTS_QUEUE, relayOf, upFromAnyRelay } from "../../relay/wire/subjects.ts";
import { isHeard, type KnownRelay } from "../relays/registry.ts";
import { signTo } from "../relays/sign-to.ts";
import { mayAnswer } from "./answer.ts";
import type { DispatchCore } from "./dispatch.ts";
import type { Settled } from "./execution-store.ts";
import { atMostInHand, type InHand } from "./in-hand.ts";
import type { ExecutionEnd } from "./live.ts";
import { mayBeOfPreviousKey } from "./previous-key.ts";

const RECEIPT_TTL_MS = 30_000;
/** Twice as many messages as a relay has on their way. */
const MOST_IN_HAND = 8;

/**
 * Takes results: committed first, confirmed by a signed receipt after that, repeats too. Without
 * a receipt the relay keeps the result and sends it again.
 */
export function serveResults(deps: DispatchCore): Subscription {
  const inHand = atMostInHand(MOST_IN_HAND);
  return deps.bus.subscribe(upFromAnyRelay("result"), { queue: BOTS_QUEUE }, (message) =>
    onMessage(deps, inHand, message),
  );
}

async function onMessage(deps: DispatchCore, inHand: InHand, message: BusMessage): Promise<void> {
  const relayId = relayOf(message.subject) ?? "";
  const isDone = await inHand(relayId, () => onResults(deps, message));
  if (!isDone) deps.refused("result", relayId, "too-many");
}

async function onResults(deps: DispatchCore, message: BusMessage): Promise<void> {
  const relay = deps.registry.find(relayOf(message.subject) ?? "");
  if (!relay?.epoch || !isHeard(relay)) return;
  if (!mayAnswer(message, relay.id)) return deps.refused("result", relay.id, "foreign-reply");
  const lines = splitLines(message.payload);
  if (lines.length > MOST_TOGETHER) return deps.refused("result", relay.id, "too-many");
  const taken = await Promise.all(lines.map((jws) => takeResult(deps, relay, jws)));
  const receipts = taken.flatMap((each): Receipted[] =>
    each ? [{ executionId: each.executionId, attempt: each.attempt, of: "result" }] : [],
  );
  if (receipts.length === 0) return;
  const to = { relayId: relay.id, epoch: relay.epoch, ttlMs: RECEIPT_TTL_MS };
  const head = deps.auditHead(relay.workspaceId);
  message.respond(await signTo(deps, to, fromBot.receipt, { receipts, ...(head && { head }) }));
}

/** Undefined where it gets no receipt: refused, or not committed. */
async function takeResult(
  deps: DispatchCore,
  relay: KnownRelay,
  jws: Uint8Array,
): Promise<Result | undefined> {
  const opened = await openResult(deps, relay, jws);
  if (!opened.ok) {
    deps.refused("result", relay.id, opened.failure);
    return undefined;
  }
  const result = opened.message;
  const text = Buffer.from(jws).toString("latin1");
  try {
    const outcome = await deps.executions.settle(relay.workspaceId, relay.id, result, text);
    if (outcome === "settled") reach("result-committed", result.executionId);
    tell(deps, relay, result, outcome);
    return result;
  } catch (error) {
    deps.log.warn({ err: error, executionId: result.executionId }, "a result was not committed");
    return undefined;
  }
}

/** What the relay signed before it changed its keys counts for a while: it lay in its journal. */
async function openResult(
  { clock, executions }: DispatchCore,
  relay: KnownRelay,
  jws: Uint8Array,
): Promise<Opened<Result> | { ok: false; failure: "replaced-key" }> {
  const { key, previousKey, previousSigningKeyUntil: until } = relay;
  const opened = await openFromRelay(fromRelay.result, jws, key);
  const isPast = !previousKey || !until || until.getTime() < clock.wallMs();
  if (opened.ok || opened.failure !== "unknown-key" || isPast) return opened;
  const before = await openFromRelay(fromRelay.result, jws, previousKey);
  const isInTime = !before.ok || (await mayBeOfPreviousKey(executions, relay, before.message));
  return isInTime ? before : { ok: false, failure: "replaced-key" };
}

function tell(deps: DispatchCore, relay: KnownRelay, result: Result, outcome: Settled): void {
  const { executionId, status } = result;
  if (outcome === "not yours") {
    // The attempt has gone to another relay, or never was: confirmed, so that it is not sent for ever.
    deps.log.info({ relayId: relay.id, executionId }, "result not used: not this relay's to give");
    // What never began may have been withdrawn meanwhile; anything else ran without permission.
    if (status !== "not-begun") deps.refused("result", relay.id, "not-yours");
  }
  if (outcome === "settled") relay.load = Math.max(0, relay.load - 1);
  deps.log.info({ relayId: relay.id, executionId, outcome, status }, "result taken");
  if (outcome === "settled") deps.live.ended(executionId, endOf(result));
  if (outcome === "requeued") deps.onQueued();
}

function endOf({ status, exitCode, reason, durationMs }: Result): ExecutionEnd {
  // What never began has ended only if somebody had cancelled it; else it is back in the queue.
  const state = status === "not-begun" ? "cancelled" : status;
  return { state, exitCode, reason, durationMs };
}
