import { type Admission, admit, type RelayState } from "../admission/admit.ts";
import type { AdmittedOffer, Execution } from "../execution/execute.ts";
import type { Images } from "../images/images.ts";
import type { Journal } from "../journal/journal.ts";
import { DEFAULT_POLICY, type Policy } from "../policy/policy.ts";
import type { Logger } from "../process/logger.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { CLOCK_SKEW_MS } from "../wire/envelope.ts";
import type { AttemptName, Offer, OfferAnswer, Offered, Refusal } from "../wire/messages.ts";
import type { InHand } from "./in-hand.ts";
import type { RelayMetrics } from "./metrics.ts";

interface OfferTakerDeps extends Pick<RelayState, "tags" | "nativeBundles" | "capacity"> {
  /** Default: what holds where the owner has written none. */
  policy?: Policy;
  /** Those of its container engine, where it has one. */
  images?: Pick<Images, "look">;
  runtimes: readonly ContainerRuntime[];
  journal: Journal;
  hand: InHand;
  isDraining(): boolean;
  start(admitted: AdmittedOffer): Execution;
  abandon: AbortSignal;
  metrics: RelayMetrics;
  log: Logger;
}

type Admitted = Extract<Admission, { admitted: true }>;

export interface OfferTaker {
  /** Decides on each and starts what it takes; it claims once `answered` has resolved. */
  take(offer: Offer, sizeBytes: number, answered: Promise<void>): OfferAnswer["answers"];
}

/** The decisions and their consequences are one step: nothing is awaited between them. */
export function createOfferTaker(deps: OfferTakerDeps): OfferTaker {
  const { hand, journal, log } = deps;

  function take(
    offer: Offered,
    { exp }: Offer,
    sizeBytes: number,
    answered: Promise<void>,
  ): Refusal | undefined {
    const of = attemptOf(offer);
    if (hand.knows(of) || journal.has(of)) {
      deps.metrics.refusedOffer("repeated");
      log.info(of, "offer repeated: nothing of it starts again");
      return undefined;
    }
    const admission = admit(offer, sizeBytes, relayState());
    if (!admission.admitted) return { code: admission.code, reason: admission.reason };
    const runtime = deps.runtimes.find(({ name }) => name === admission.runtime);
    if (!runtime) return { code: "no-runtime", reason: "the relay lacks the runtime" };
    const { grant } = admission;
    const granted = { offer: within(offer, admission), grant };
    const execution = deps.start({ ...granted, runtime, answered, abandon: deps.abandon });
    if (grant.lowered.length > 0) log.info({ ...of, lowered: grant.lowered }, "limits lowered");
    hand.add(of, execution, exp * 1000 + CLOCK_SKEW_MS);
    deps.metrics.admitted();
    return undefined;
  }

  function relayState(): RelayState {
    const { tags, nativeBundles, capacity, policy = DEFAULT_POLICY, images } = deps;
    return {
      tags,
      policy,
      nativeBundles,
      capacity,
      runtimes: deps.runtimes.map(({ name }) => name),
      running: hand.running,
      isDraining: deps.isDraining(),
      ...(images && { imageOf: images.look }),
      journalFault: journal.fault?.message,
    };
  }

  return {
    take: (message, sizeBytes, answered) =>
      message.offers.map((offer) => {
        const refusal = take(offer, message, sizeBytes, answered);
        if (!refusal) return attemptOf(offer);
        deps.metrics.refusedOffer(refusal.code);
        log.info({ ...attemptOf(offer), ...refusal }, "offer refused");
        return { ...attemptOf(offer), refusal };
      }),
  };
}

function attemptOf({ spec, attempt }: Offered): AttemptName {
  return { executionId: spec.executionId, attempt };
}

/** The same offer with what it gets in place of what was asked. */
function within({ attempt, spec }: Offered, { grant, imageId }: Admitted): Offered {
  const image = imageId === undefined ? {} : { image: imageId };
  return { attempt, spec: { ...spec, ...image, limits: grant.limits } };
}
