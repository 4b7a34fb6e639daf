import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import type { Wish } from "../relays/judge.ts";
import { isSuited, whyNone } from "../relays/judge-words.ts";
import { relaysNow } from "../relays/pick.ts";
import type { RelayRegistry } from "../relays/registry.ts";
import type { Refusals } from "./refusals.ts";

interface WaitingDeps {
  registry: RelayRegistry;
  refusals: Refusals;
}

interface Waiting {
  workspaceId: string;
  spec: ExecutionSpec;
  mayRunOn(tags: Readonly<Record<string, string>>): boolean;
  /** Relays that were asked in this round. */
  tried: ReadonlySet<string>;
}

/** What an execution on its way asks of relays; one that has just refused it is not asked again. */
export function wishOf({ refusals }: WaitingDeps, { spec, mayRunOn, tried }: Waiting): Wish {
  const { selector, native, executionId } = spec;
  return {
    selector,
    native,
    mayRunOn,
    wasRefusedBy: ({ id, epoch }) =>
      tried.has(id) || (epoch !== null && refusals.isFresh(executionId, epoch)),
  };
}

/** Why no relay takes it now: what those say that refused it, and why the others cannot. */
export function whyWaiting(deps: WaitingDeps, waiting: Waiting): string {
  const wish = wishOf(deps, waiting);
  const relays = relaysNow(deps.registry, waiting.workspaceId);
  const { executionId } = waiting.spec;
  const refusal = deps.refusals.lastFor(executionId);
  if (refusal === undefined) return whyNone(relays, wish);
  const others = relays.filter((relay) => isSuited(relay, wish) && !wish.wasRefusedBy?.(relay));
  return others.length === 0 ? refusal : `${refusal}; ${whyNone(others, wish)}`;
}
