import type { Logger } from "pino";
import { BusError, type MessageBus } from "../../relay/process/bus.ts";
import { fromBot, fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import { downTo, replyFrom } from "../../relay/wire/subjects.ts";
import { type Candidate, pickCandidates } from "../relays/pick.ts";
import type { RelayRegistry } from "../relays/registry.ts";
import { signTo } from "../relays/sign-to.ts";
import type { Store } from "../store/pool.ts";
import type { Live } from "./live.ts";
import type { Refusals } from "./refusals.ts";
import { markOffered, requeue } from "./transitions.ts";

export interface DispatchDeps {
  store: Store;
  bus: MessageBus;
  registry: RelayRegistry;
  live: Live;
  key: SigningKey;
  /** Since when this bot has been on the bus, by its monotonic clock; never, while it is cut off. */
  hearsSinceMs(): number;
  /** Authenticates what the database says was decided. */
  macKey: Buffer;
  botId: string;
  /** The newest signed head of a workspace's audit chain; receipts carry it to relays. */
  auditHead(workspaceId: string): string | undefined;
  /** Relays that refused an execution for good reasons of their own, and when. */
  refusals: Refusals;
  log: Logger;
}

/** An execution on its way to a relay. */
export interface Work {
  workspaceId: string;
  spec: ExecutionSpec;
  attempt: number;
  offerTimeoutMs: number;
  /** The decision, made again with this relay's tags. */
  mayRunOn(tags: Readonly<Record<string, string>>): boolean;
  /** Relays that have refused it, or did not answer, in this round. */
  tried: Set<string>;
}

/** The relay to offer this to first, before anything is recorded; undefined if none matches now. */
export function chooseRelay(
  deps: DispatchDeps,
  work: Pick<Work, "workspaceId" | "spec" | "mayRunOn" | "tried">,
): Candidate | undefined {
  return pickCandidates(deps.registry, work.workspaceId, work.spec).find(
    ({ relay, epoch }) =>
      !work.tried.has(relay.id) &&
      !deps.refusals.isFresh(work.spec.executionId, epoch) &&
      work.mayRunOn(relay.tags),
  );
}

/** Signs the offer; meant to run while the commit does, since neither needs the other. */
export function prepareOffer(
  deps: DispatchDeps,
  work: Work,
  { relay, epoch }: Candidate,
): Promise<Uint8Array> {
  const to = { relayId: relay.id, epoch, ttlMs: work.offerTimeoutMs };
  return signTo(deps, to, fromBot.offer, { attempt: work.attempt, spec: work.spec });
}

/**
 * Sends a recorded offer to its relay. If the relay refuses, is not there or does not answer, the
 * attempt is withdrawn, which makes it impossible to claim, and the next relay is asked.
 */
export async function sendOffer(
  deps: DispatchDeps,
  work: Work,
  candidate: Candidate,
  offer: Uint8Array,
): Promise<void> {
  const { relay } = candidate;
  deps.live.state(work.spec.executionId, "offered", relay.name);
  relay.load += 1;
  const refusal = await ask(deps, work, candidate, offer);
  if (refusal === undefined) return;
  relay.load -= 1;
  deps.log.info({ relayId: relay.id, refusal: refusal.reason }, "offer not taken");
  work.tried.add(relay.id);
  if (!refusal.isPassing) {
    deps.refusals.add(work.spec.executionId, candidate.epoch, refusal.reason);
  }
  const key = { workspaceId: work.workspaceId, executionId: work.spec.executionId };
  const next = await requeue(deps.store, { ...key, attempt: work.attempt }, refusal.reason);
  if (next === undefined) return;
  await offerQueued(deps, { ...work, attempt: next });
}

/** Offers a queued execution to the best relay, or leaves it queued and says that it waits. */
export async function offerQueued(deps: DispatchDeps, work: Work): Promise<void> {
  const candidate = chooseRelay(deps, work);
  if (!candidate) {
    const reason = deps.refusals.lastFor(work.spec.executionId) ?? "no relay matches now";
    deps.live.state(work.spec.executionId, "waiting", reason);
    return;
  }
  const key = {
    workspaceId: work.workspaceId,
    executionId: work.spec.executionId,
    attempt: work.attempt,
  };
  const to = { relayId: candidate.relay.id, epoch: candidate.epoch, botId: deps.botId };
  const [isOurs, offer] = await Promise.all([
    markOffered(deps.store, key, to),
    prepareOffer(deps, work, candidate),
  ]);
  if (isOurs) await sendOffer(deps, work, candidate, offer);
}

/** Why an offer was not taken, in words for people. */
interface Refusal {
  reason: string;
  /** Whether the same relay may well take it in a moment. */
  isPassing: boolean;
}

/** Codes of refusals that end by themselves. */
const PASSING: ReadonlySet<string> = new Set(["capacity", "disk", "draining"]);

/** Undefined when the relay took the offer. */
async function ask(
  deps: DispatchDeps,
  work: Work,
  { relay }: Candidate,
  offer: Uint8Array,
): Promise<Refusal | undefined> {
  const failed = (what: string): Refusal => ({
    reason: `${relay.name}: ${what}`,
    isPassing: false,
  });
  try {
    const reply = await deps.bus.request(downTo(relay.id), offer, {
      timeoutMs: work.offerTimeoutMs,
      replyTo: replyFrom(relay.id, randomName()),
    });
    const opened = await openFromRelay(fromRelay.offerAnswer, reply, relay.key);
    if (!opened.ok) return failed(`its answer could not be verified (${opened.failure})`);
    const { executionId, attempt, refusal } = opened.message;
    const isAboutThis = executionId === work.spec.executionId && attempt === work.attempt;
    if (!isAboutThis) return failed("it answered something else");
    if (!refusal) return undefined;
    return { reason: `${relay.name}: ${refusal.reason}`, isPassing: PASSING.has(refusal.code) };
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return failed(error.code === "no-responders" ? "not listening" : error.message);
  }
}
