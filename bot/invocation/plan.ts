import { uuidv7 } from "../../relay/wire/ids.ts";
import { mergeSelectors } from "../../relay/wire/selector.ts";
import { chooseRelay, type DispatchDeps, prepareOffer, type Work } from "../dispatch/dispatch.ts";
import type { Candidate } from "../relays/pick.ts";
import { type Policies, policyFor } from "../relays/policy.ts";
import { BUILT_IN } from "./built-in/asked.ts";
import type { Message } from "./message.ts";
import { mayRunOn } from "./relay-rules.ts";
import type { Target } from "./resolve.ts";
import { specOf } from "./spec.ts";
import type { Understood } from "./understand.ts";
import type { View } from "./view.ts";

/** What is about to run, and the relay that will be asked first. */
export interface Plan {
  executionId: string;
  work: Work;
  /** Absent while no relay matches: it is recorded as queued. */
  first: { candidate: Candidate; offer: Promise<Uint8Array> | undefined } | undefined;
}

/**
 * Settles what to run and where before anything is recorded, and begins to sign the offer, which
 * goes on while the record is being committed. Undefined where nothing is to run on a relay.
 */
export function planExecution(
  dispatch: DispatchDeps,
  { policies }: Pick<View, "policies">,
  message: Message,
  understood: Understood,
  invocationId: string,
): Plan | undefined {
  if (understood.kind !== "allowed") return undefined;
  const { target, caller, parsed, verdict } = understood.request;
  if (target.bundle.name === BUILT_IN) return undefined;
  const executionId = uuidv7();
  const work: Work = {
    workspaceId: message.workspaceId,
    spec: specOf(
      { invocationId, executionId },
      underPolicy(policies, target),
      parsed,
      message,
      caller,
    ),
    attempt: 1,
    offerTimeoutMs: target.command.offerTimeoutMs,
    mayRunOn: verdict.isPerRelay ? mayRunOn(target.command.rules, verdict.facts) : () => true,
    tried: new Set(),
  };
  const candidate = chooseRelay(dispatch, work);
  if (!candidate) return { executionId, work, first: undefined };
  const offer = prepareOffer(dispatch, work, candidate);
  return { executionId, work, first: { candidate, offer } };
}

/** Matched by the relays that the command asks for and the workspace lets take it. */
function underPolicy(policies: Policies, { bundle, command }: Target): Target {
  const selector = mergeSelectors(policyFor(policies, bundle.name), command.selector);
  return { bundle, command: { ...command, selector } };
}
