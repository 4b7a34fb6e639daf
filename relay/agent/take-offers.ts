import { type Admission, admit, type RelayState } from "../admission/admit.ts";
import type { AdmittedOffer, Execution } from "../execution/execute.ts";
import type { Journal } from "../journal/journal.ts";
import type { Logger } from "../process/logger.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { CLOCK_SKEW_MS } from "../wire/envelope.ts";
import type { AttemptName, Offer, OfferAnswer, Offered, Refusal } from "../wire/messages.ts";
import type { InHand } from "./in-hand.ts";
import type { RelayMetrics } from "./metrics.ts";

interface OfferTakerDeps extends Pick<RelayState, "tags" | "nativeBundles" | "capacity"> {
  runtimes: readonly ContainerRuntime[];
  journal: Journal;
  hand: InHand;
  isDraining(): boolean;
  start(admitted: AdmittedOffer): Execution;
  abandon: AbortSignal;
  metrics: RelayMetrics;
  log: Logger;
}

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
    const wanted = admission.admitted ? admission.runtime : undefined;
    const runtime = deps.runtimes.find(({ name }) => name === wanted);
    if (!runtime) return refusalOf(admission);
    const execution = deps.start({ offer, runtime, answered, abandon: deps.abandon });
    hand.add(of, execution, exp * 1000 + CLOCK_SKEW_MS);
    deps.metrics.admitted();
    return undefined;
  }

  function relayState(): RelayState {
    const { tags, nativeBundles, capacity } = deps;
    return {
      tags,
      nativeBundles,
      capacity,
      runtimes: deps.runtimes.map(({ name }) => name),
      running: hand.running,
      isDraining: deps.isDraining(),
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

function refusalOf(admission: Admission): Refusal {
  if (admission.admitted) return { code: "no-runtime", reason: "the relay lacks the runtime" };
  return { code: admission.code, reason: admission.reason };
}
