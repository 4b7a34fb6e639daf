import { preference, printTerm, type Selector, type Tags } from "../../relay/wire/selector.ts";
import type { KnownRelay } from "./registry.ts";

/** What is asked of a relay. */
export interface Wish {
  selector: Selector;
  /** What the workspace asks besides; left out where the selector holds it already. */
  policy?: Selector;
  /** Whether it runs without a container; left out where that is not known. */
  native?: boolean;
  /** The rules, asked again with a relay's tags. */
  mayRunOn?(tags: Tags): boolean;
  /** Whether it was offered to this relay a moment ago, in vain. */
  wasRefusedBy?(relay: Judged): boolean;
}

/** What is known of a relay at this moment. */
export interface Judged
  extends Pick<
    KnownRelay,
    "id" | "name" | "isGenuine" | "state" | "draining" | "tags" | "epoch" | "load"
  > {
  isReachable: boolean;
  presence:
    | Pick<NonNullable<KnownRelay["presence"]>, "draining" | "capacity" | "runtimes">
    | undefined;
}

/** One reason why a relay does not take it now. */
export type Obstacle =
  /** `asked` in the text form; without `has` the tag is not there. */
  | { kind: "tag" | "policy"; name: string; asked: string; has?: string }
  | { kind: "rules" }
  | { kind: "runtime"; native: boolean }
  | { kind: "forged" | "suspended" | "unreachable" | "draining" | "refused" }
  | { kind: "full"; capacity: number };

export interface Verdict {
  /** Empty where it may be offered to this relay now. */
  obstacles: readonly Obstacle[];
  /** How many of the preferred tags it has: the more, the sooner it is asked. */
  preferred: number;
  /** Its share of its capacity that is in use: the less, the sooner it is asked. */
  load: number;
}

/**
 * The one place where it is decided whether a relay may be offered something, and if not, why: what
 * is offered, what `aldis relay match` shows and what a waiting caller is told come from here.
 */
export function judge(relay: Judged, wish: Wish): Verdict {
  const lasting = [
    ...tagObstacles(wish.selector, relay.tags, "tag"),
    ...(wish.policy ? tagObstacles(wish.policy, relay.tags, "policy") : []),
    ...runtimeObstacles(relay, wish),
  ];
  // Rules may be many: they are asked where everything else would let it run there.
  if (lasting.length === 0 && wish.mayRunOn?.(relay.tags) === false)
    lasting.push({ kind: "rules" });
  return {
    obstacles: [...lasting, ...passingObstacles(relay, wish)],
    preferred: preference(wish.selector, relay.tags),
    load: relay.load / Math.max(1, relay.presence?.capacity ?? 1),
  };
}

/** Whether it ends by itself, or by somebody's looking after the relay. */
export function isPassing({ kind }: Obstacle): boolean {
  return kind !== "tag" && kind !== "policy" && kind !== "rules" && kind !== "runtime";
}

/** The better one first. */
export function compareVerdicts(first: Verdict, second: Verdict): number {
  return second.preferred - first.preferred || first.load - second.load;
}

function tagObstacles(selector: Selector, tags: Tags, kind: "tag" | "policy"): Obstacle[] {
  const found: Obstacle[] = [];
  const add = (name: string, asked: string) => {
    const has = tagOf(tags, name);
    found.push({ kind, name, asked, ...(has !== undefined && { has }) });
  };
  for (const [name, values] of Object.entries(selector.tags)) {
    if (!isOneOf(values, tagOf(tags, name))) add(name, printTerm(name, values));
  }
  for (const [name, values] of Object.entries(selector.not)) {
    if (isOneOf(values, tagOf(tags, name))) add(name, `!${printTerm(name, values)}`);
  }
  for (const name of selector.exists) if (tagOf(tags, name) === undefined) add(name, name);
  for (const name of selector.absent ?? []) {
    if (tagOf(tags, name) !== undefined) add(name, `!${name}`);
  }
  return found;
}

/** A relay that has said nothing yet may have any runtime. */
function runtimeObstacles({ presence }: Judged, { native }: Wish): Obstacle[] {
  if (native === undefined || !presence) return [];
  const hasRuntime = presence.runtimes.some((name) => (name === "native") === native);
  return hasRuntime ? [] : [{ kind: "runtime", native }];
}

function passingObstacles(relay: Judged, wish: Wish): Obstacle[] {
  const { presence } = relay;
  if (!relay.isGenuine) return [{ kind: "forged" }];
  if (relay.state !== "active") return [{ kind: "suspended" }];
  if (!relay.isReachable || !presence || relay.epoch === null) return [{ kind: "unreachable" }];
  const found: Obstacle[] = [];
  if (relay.draining || presence.draining) found.push({ kind: "draining" });
  const { capacity } = presence;
  if (relay.load >= capacity) found.push({ kind: "full", capacity });
  if (wish.wasRefusedBy?.(relay)) found.push({ kind: "refused" });
  return found;
}

function tagOf(tags: Tags, name: string): string | undefined {
  return Object.hasOwn(tags, name) ? tags[name] : undefined;
}

function isOneOf(values: readonly string[], value: string | undefined): boolean {
  return value !== undefined && values.includes(value);
}
