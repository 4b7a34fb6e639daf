import { mergeSelectors, printSelector, type Selector } from "../../relay/wire/selector.ts";
import { isPassing, type Judged, judge, type Obstacle, type Wish } from "./judge.ts";

/** An obstacle as it is said of a relay: "web-1 …". */
export function wordsForObstacle(obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case "tag":
      return wordsForTag(obstacle);
    case "policy":
      return `is excluded by the workspace's policy: ${wordsForTag(obstacle)}`;
    case "rules":
      return "is one where the rules of the command do not let it run";
    case "runtime":
      return obstacle.native ? "runs no native commands" : "has no container engine";
    case "refused":
      return "did not take it just now";
    case "full":
      return `is full (${obstacle.capacity} of ${obstacle.capacity})`;
    default:
      return `is ${obstacle.kind}`;
  }
}

const MOST_NAMED = 3;

/**
 * Why nothing takes it now, in one line; it stays the same as long as the reasons do. Only relays
 * that could take it at another moment are named: what others carry is not for every caller.
 */
export function whyNone(relays: readonly Judged[], wish: Wish): string {
  const judged = relays
    .filter(({ state }) => state !== "removed")
    .map((relay) => ({ relay, obstacles: judge(relay, wish).obstacles }));
  if (judged.length === 0) return "no relay has joined";
  const suited = judged.filter(({ obstacles }) => obstacles.every(isPassing));
  if (suited.length === 0) return whyUnsuited(judged, wish);
  const named = suited
    .toSorted((a, b) => (a.relay.name < b.relay.name ? -1 : 1))
    .slice(0, MOST_NAMED)
    .map(
      ({ relay, obstacles }) => `${relay.name} ${obstacles.map(wordsForObstacle).join(" and ")}`,
    );
  const more =
    suited.length > MOST_NAMED ? [`${suited.length - MOST_NAMED} more are not free`] : [];
  return `no relay${asking(wish)} is free: ${[...named, ...more].join(", ")}`;
}

/** Whether it could take it at another moment. */
export function isSuited(relay: Judged, wish: Wish): boolean {
  return relay.state !== "removed" && judge(relay, wish).obstacles.every(isPassing);
}

function whyUnsuited(judged: readonly { obstacles: readonly Obstacle[] }[], wish: Wish): string {
  const lacksOnly = (...kinds: readonly Obstacle["kind"][]) =>
    judged.some(({ obstacles }) =>
      obstacles.every((each) => isPassing(each) || kinds.includes(each.kind)),
    );
  const emptied = emptiedTag(wish);
  if (emptied !== undefined) {
    return `no relay can match: of ${emptied}, no value is left that all ask for`;
  }
  if (lacksOnly("rules")) return `the rules of the command let it run on no relay${asking(wish)}`;
  if (lacksOnly("runtime")) {
    const what = wish.native ? "runs native commands" : "has a container engine";
    return `no relay${asking(wish)} ${what}`;
  }
  return `there is no relay${asking(wish)}`;
}

const LONGEST = 200;

function asking(wish: Wish): string {
  // What it prefers keeps nothing from being run.
  const text = printSelector({ ...allOf(wish), preferred: {} });
  if (text === "") return "";
  return ` with ${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}`;
}

function emptiedTag(wish: Wish): string | undefined {
  const [found] = Object.entries(allOf(wish).tags).find(([, values]) => values.length === 0) ?? [];
  return found;
}

function allOf({ selector, policy }: Wish): Selector {
  return policy ? mergeSelectors(selector, policy) : selector;
}

function wordsForTag({ name, asked, has }: Extract<Obstacle, { asked: string }>): string {
  const is = has === undefined ? `has no tag ${name}` : `has ${name}=${has}`;
  return `${is}, and ${asked} is asked for`;
}
