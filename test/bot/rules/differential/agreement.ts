import assert from "node:assert/strict";
import type { Facts } from "../../../../bot/rules/facts.ts";
import type { Comparison, Condition, Rule, Term } from "../../../../bot/rules/syntax.ts";
import type { Decider } from "./decider.ts";
import type { Kleene } from "./kleene.ts";
import {
  allowedBy,
  type Judge,
  judgeOf,
  kleeneOf,
  nameOf,
  type Outcome,
} from "./naive-evaluator.ts";
import { asReading } from "./reading-items.ts";
import { Readings } from "./readings.ts";

/** What was found on the way, for the tables. */
export interface Agreement {
  /** Those of the command, and what they came out as. */
  rules: readonly Rule[];
  outcomes: readonly Outcome[];
  allowed: boolean;
  knowledge: "complete" | "with unknowns";
  /** How the decider fell short of the second opinion, where it may. */
  strictness: "exact" | "stricter" | "shown in vain";
}

/** So many of the readings of whole rules are tried; of one comparison, all of them. */
const MAX_READINGS = 200;

/**
 * Throws unless the decider agrees with the naive evaluator:
 *
 * - Facts of which nothing is unknown: every rule comes out the same (true, false or unknown), and
 *   so does the decision.
 * - Otherwise a comparison is true or false if it is so in every reading of what is unknown, else
 *   unknown; rules and the decision follow from that as they do from complete facts, and must come
 *   out the same. Only where something unknown stands on both sides of a comparison may the decider
 *   be stricter: it may call the rule unknown, and then deny.
 * - A rule that is true or false is so in every reading; what is allowed is allowed in every one;
 *   a command that some reading allows is shown. The decider may deny what every reading allows,
 *   and show what none allows, since it weighs each comparison by itself; how often is counted.
 */
export function agree(decider: Decider, all: readonly Rule[], facts: Facts): Agreement {
  const rules = all.filter(({ command }) => command === facts.command);
  const { allowed, outcomeOf } = decider.decide(all, facts);
  const outcomes = rules.map(outcomeOf);
  const reading = asReading(facts);
  const expected = rules.map(({ condition }) =>
    kleeneOf(condition, reading ? judgeOf(reading) : judgeAll(facts)),
  );

  compareOutcomes(rules, facts, outcomes, expected);
  const shouldAllow = allowedBy(rules, expected, facts.permissions);
  const mayBeStricter = rules.some((rule) => isTwiceUnknown(rule.condition, facts));
  if (allowed || !mayBeStricter) assert.equal(allowed, shouldAllow, "the decision");
  const made = { rules, outcomes, allowed };
  if (reading) return { ...made, knowledge: "complete", strictness: "exact" };
  const isShown = decider.shows(all, facts);
  const strictness = compareReadings(facts, { ...made, isShown });
  return { ...made, knowledge: "with unknowns", strictness };
}

/** Judges a comparison by every reading of what it hangs on. */
function judgeAll(facts: Facts): Judge {
  return (comparison, isNegated) => {
    const found = new Set<Kleene>();
    for (const reading of new Readings([comparison], facts).upTo(Infinity)) {
      found.add(judgeOf(reading)(comparison, isNegated));
      if (found.size > 1) return 0.5;
    }
    return [...found][0] ?? 0.5;
  };
}

function compareOutcomes(
  rules: readonly Rule[],
  facts: Facts,
  outcomes: readonly Outcome[],
  expected: readonly Kleene[],
): void {
  rules.forEach((rule, at) => {
    const mayBeStricter = outcomes[at] === "unknown" && isTwiceUnknown(rule.condition, facts);
    if (!mayBeStricter) assert.equal(outcomes[at], nameOf(expected[at] ?? 0), rule.text);
  });
}

function compareReadings(
  facts: Facts,
  made: Pick<Agreement, "rules" | "outcomes" | "allowed"> & { isShown: boolean },
): Agreement["strictness"] {
  const { rules, outcomes, allowed, isShown } = made;
  const readings = new Readings(
    rules.flatMap(({ condition }) => comparisonsIn(condition)),
    facts,
  );
  const counts = { allowed: 0, denied: 0 };
  for (const reading of readings.upTo(MAX_READINGS)) {
    const values = rules.map(({ condition }) => kleeneOf(condition, judgeOf(reading)));
    values.forEach((value, at) => {
      const isSettled = outcomes[at] !== "unknown";
      if (isSettled) assert.equal(outcomes[at], nameOf(value), `${rules[at]?.text} in a reading`);
    });
    counts[allowedBy(rules, values, facts.permissions) ? "allowed" : "denied"]++;
  }
  assert.ok(!allowed || counts.denied === 0, "what is allowed is allowed in every reading");
  assert.ok(isShown || counts.allowed === 0, "what a reading allows is shown");
  if (isShown && counts.allowed === 0) return "shown in vain";
  return allowed || counts.denied > 0 ? "exact" : "stricter";
}

export function comparisonsIn(condition: Condition | undefined): readonly Comparison[] {
  if (!condition) return [];
  if (condition.kind === "comparison") return [condition];
  if (condition.kind === "not") return comparisonsIn(condition.condition);
  return condition.parts.flatMap(comparisonsIn);
}

function isTwiceUnknown(condition: Condition | undefined, facts: Facts): boolean {
  return comparisonsIn(condition).some(
    ({ left, right }) => mayBeUnknown(left, facts) && mayBeUnknown(right, facts),
  );
}

function mayBeUnknown(term: Term, { options, arguments: words, relayTags }: Facts): boolean {
  switch (term.kind) {
    case "option":
      return !options || options[term.name] === null;
    case "options":
      return !options || Object.values(options).includes(null);
    case "argument":
      return !words || words[term.index] === null;
    case "arguments":
      return !words || words.includes(null);
    case "relay-tag":
      return !relayTags;
    default:
      return false;
  }
}
