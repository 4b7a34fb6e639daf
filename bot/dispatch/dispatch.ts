import type { Logger } from "pino";
import type { MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { reach } from "../../relay/process/fault-point.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import { type Candidate, pickCandidates } from "../relays/pick.ts";
import type { RelayRegistry } from "../relays/registry.ts";
import type { Store } from "../store/pool.ts";
import type { AttemptKey, ExecutionStore } from "./execution-store.ts";
import type { Live } from "./live.ts";
import type { Offers } from "./offers.ts";
import type { Refusals } from "./refusals.ts";
import { whyWaiting, wishOf } from "./waiting.ts";

/** All that bringing executions to relays, and their ends back, needs. */
export interface DispatchCore {
  executions: ExecutionStore;
  bus: MessageBus;
  registry: RelayRegistry;
  live: Live;
  offers: Offers;
  key: SigningKey;
  clock: Clock;
  /** Since when this bot has been on the bus, by its monotonic clock; never, while it is cut off. */
  hearsSinceMs(): number;
  /** Authenticates what the database says was decided. */
  macKey: Buffer;
  botId: string;
  /** The newest signed head of a workspace's audit chain; receipts carry it to relays. */
  auditHead(workspaceId: string): string | undefined;
  /** Relays that refused an execution for good reasons of their own, and when. */
  refusals: Refusals;
  /** Something may be waiting in the queue that was not there before. */
  onQueued(): void;
  /** Makes known that a message was not what it claimed to be. */
  refused(kind: string, relayId: string, reason: string): void;
  log: Logger;
}

export interface DispatchDeps extends DispatchCore {
  store: Store;
}

/** Why an execution waits that a relay would take. */
export const LIMITED = "as many of it as may run at once are running";

/** An execution on its way to a relay. */
export interface Work {
  workspaceId: string;
  spec: ExecutionSpec;
  attempt: number;
  offerTimeoutMs: number;
  /** The decision, made again with this relay's tags. */
  mayRunOn(tags: Readonly<Record<string, string>>): boolean;
  /** Why it waits, as its row has it. */
  knownReason?: string | null;
  /** Relays that have refused it, or did not answer, in this round. */
  tried: Set<string>;
}

/** The relay to offer this to first, before anything is recorded; undefined if none matches now. */
export function chooseRelay(
  deps: Pick<DispatchCore, "registry" | "refusals">,
  work: Pick<Work, "workspaceId" | "spec" | "mayRunOn" | "tried">,
): Candidate | undefined {
  const [first] = pickCandidates(deps.registry, work.workspaceId, wishOf(deps, work));
  return first;
}

/** Signs the offer; meant to run while the commit does, since neither needs the other. */
export function prepareOffer(
  { offers }: DispatchCore,
  { attempt, spec, offerTimeoutMs }: Work,
  candidate: Candidate,
): Promise<Uint8Array> | undefined {
  return offers.prepare(candidate, { attempt, spec }, offerTimeoutMs);
}

/**
 * Sends a recorded offer to its relay. If the relay refuses, is not there or does not answer, the
 * attempt is withdrawn, which makes it impossible to claim, and the next relay is asked.
 */
export async function sendOffer(
  deps: DispatchCore,
  work: Work,
  candidate: Candidate,
  prepared?: Promise<Uint8Array>,
): Promise<void> {
  const { relay } = candidate;
  const { spec, attempt, offerTimeoutMs } = work;
  deps.live.state(spec.executionId, "offered", relay.name);
  relay.load += 1;
  const refusal = await deps.offers.send(candidate, { attempt, spec }, offerTimeoutMs, prepared);
  if (refusal === undefined) return reach("offered", spec.executionId);
  relay.load -= 1;
  deps.log.info({ relayId: relay.id, refusal: refusal.reason }, "offer not taken");
  work.tried.add(relay.id);
  if (refusal.restMs > 0) {
    deps.refusals.add(spec.executionId, candidate.epoch, refusal.reason, refusal.restMs);
  }
  const next = await deps.executions.requeue(keyOf(work), refusal.reason);
  if (next === undefined) return;
  await offerQueued(deps, { ...work, attempt: next });
}

/** Offers a queued execution to the best relay, or leaves it queued and says that it waits. */
export async function offerQueued(deps: DispatchCore, work: Work): Promise<void> {
  const candidate = chooseRelay(deps, work);
  if (!candidate) return tellWaiting(deps, work, whyWaiting(deps, work));
  const to = { relayId: candidate.relay.id, epoch: candidate.epoch, botId: deps.botId };
  const prepared = prepareOffer(deps, work, candidate);
  const outcome = await deps.executions.offer(keyOf(work), to);
  if (outcome === "offered") await sendOffer(deps, work, candidate, prepared);
  if (outcome === "limited") await tellWaiting(deps, work, LIMITED);
}

/** What the relays have said that were asked in this round stands in the row already. */
async function tellWaiting(deps: DispatchCore, work: Work, reason: string): Promise<void> {
  const isNews = work.tried.size === 0 && reason !== work.knownReason;
  if (isNews) await deps.executions.noteWaiting(keyOf(work), reason);
  deps.live.state(work.spec.executionId, "waiting", reason);
}

function keyOf({ workspaceId, spec, attempt }: Work): AttemptKey {
  return { workspaceId, executionId: spec.executionId, attempt };
}
