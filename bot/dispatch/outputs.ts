import { createHash } from "node:crypto";
import type { BusMessage, Subscription } from "../../relay/process/bus.ts";
import { fromBot, fromRelay, openFromRelay, splitBytes } from "../../relay/wire/envelope.ts";
import { decodeFrames } from "../../relay/wire/frames.ts";
import { BOTS_QUEUE, outputForBot, relayOf, upFromAnyRelay } from "../../relay/wire/subjects.ts";
import { isHeard } from "../relays/registry.ts";
import { signTo } from "../relays/sign-to.ts";
import { mayAnswer } from "./answer.ts";
import type { DispatchCore } from "./dispatch.ts";
import { atMostInHand } from "./in-hand.ts";

const RECEIPT_TTL_MS = 30_000;
/** What a relay with many commands has on its way: eight pieces each. */
const MOST_IN_HAND = 512;

/**
 * Takes output: shown to whoever follows it here, stored, then confirmed. The relay keeps what is
 * not confirmed and sends it again.
 */
export function serveOutput(deps: DispatchCore): Subscription[] {
  const inHand = atMostInHand(MOST_IN_HAND);
  const onMessage = async (message: BusMessage) => {
    const relayId = relayOf(message.subject) ?? "";
    const isDone = await inHand(relayId, () => onOutput(deps, message));
    if (!isDone) deps.refused("output", relayId, "too-many");
  };
  return [
    deps.bus.subscribe(outputForBot(deps.botId), {}, onMessage),
    deps.bus.subscribe(upFromAnyRelay("output"), { queue: BOTS_QUEUE }, onMessage),
  ];
}

async function onOutput(deps: DispatchCore, message: BusMessage): Promise<void> {
  const relay = deps.registry.find(relayOf(message.subject) ?? "");
  if (!relay?.epoch || !isHeard(relay)) return;
  if (!mayAnswer(message, relay.id)) return deps.refused("output", relay.id, "foreign-reply");
  const { head: signed, bytes } = splitBytes(message.payload);
  const opened = await openFromRelay(fromRelay.output, signed, relay.key);
  if (!opened.ok || !isDescribedBy(opened.message, bytes)) {
    return deps.refused("output", relay.id, opened.ok ? "altered" : opened.failure);
  }
  const { executionId, attempt, offset } = opened.message;
  // The first line must not wait for the disk; but only what is known to come from the right relay.
  const isKnown = deps.live.isRunBy(executionId, attempt, relay.id);
  if (isKnown) deps.live.output(executionId, attempt, offset, bytes);
  const key = { workspaceId: relay.workspaceId, executionId, attempt };
  const end = await deps.executions.storeOutput(key, relay.id, offset, bytes);
  if (end === undefined) {
    deps.log.info({ relayId: relay.id, executionId }, "output refused: not this relay's to give");
    return deps.refused("output", relay.id, "not-yours");
  }
  if (!isKnown) deps.live.output(executionId, attempt, offset, bytes);
  const to = { relayId: relay.id, epoch: relay.epoch, ttlMs: RECEIPT_TTL_MS };
  const head = deps.auditHead(relay.workspaceId);
  const receipts = [{ executionId, attempt, of: "output" as const, offset: end }];
  message.respond(await signTo(deps, to, fromBot.receipt, { receipts, ...(head && { head }) }));
}

function isDescribedBy(head: { length: number; digest: string }, bytes: Uint8Array): boolean {
  return (
    bytes.length === head.length &&
    createHash("sha256").update(bytes).digest("base64url") === head.digest &&
    decodeFrames(bytes) !== undefined
  );
}
