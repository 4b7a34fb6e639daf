import { evaluate } from "../rules/evaluate.ts";
import { printCondition } from "../rules/print.ts";
import type { Condition } from "../rules/syntax.ts";
import { mayBeTrue } from "../rules/truth.ts";
import type { Command } from "./bundle.ts";
import { possibleTexts } from "./lint-candidates.ts";
import { canBeBetween } from "./lint-numbers.ts";
import {
  comparisonOf,
  factsAbout,
  NO_FACTS,
  printSubject,
  type Subject,
  subjectOf,
  type Test,
} from "./lint-subject.ts";

/** What keeps a condition from ever being true, and where it stands in the rule. */
export interface Contradiction {
  at: number;
  reason: string;
}

/** More ways to be true than this are not looked into. */
const MAX_WAYS = 64;

/**
 * Why a condition cannot be true whatever is typed, by whomever, wherever. Says nothing where it is
 * not sure: what it names is never true, and much that is never true it does not name.
 */
export function contradictionIn(condition: Condition, command: Command): Contradiction | undefined {
  const ways = waysToBeTrue(condition, false);
  if (!ways) return undefined;
  const found = ways.map((tests) => contradictionAmong(tests, command));
  return found.every((contradiction) => contradiction !== undefined) ? found[0] : undefined;
}

/** Lists of tests one of which must be true as a whole. */
function waysToBeTrue(condition: Condition, isNegated: boolean): Test[][] | undefined {
  if (condition.kind === "comparison")
    return [[isNegated ? { kind: "not", condition } : condition]];
  if (condition.kind === "not") return waysToBeTrue(condition.condition, !isNegated);
  const parts = condition.parts.map((part) => waysToBeTrue(part, isNegated));
  if ((condition.kind === "and") === isNegated) {
    const all = parts.flatMap((ways) => ways ?? []);
    return parts.includes(undefined) || all.length > MAX_WAYS ? undefined : all;
  }
  return parts.reduce((before, ways) => product(before, ways), [[]]);
}

function product(before: Test[][] | undefined, ways: Test[][] | undefined): Test[][] | undefined {
  if (!before || !ways || before.length * ways.length > MAX_WAYS) return undefined;
  return before.flatMap((tests) => ways.map((more) => [...tests, ...more]));
}

function contradictionAmong(tests: readonly Test[], command: Command): Contradiction | undefined {
  const empty = tests.find((test) => comparisonOf(test).right.kind === "list" && isEmpty(test));
  if (empty) return { at: comparisonOf(empty).at, reason: "the list is empty" };
  const bySubject = new Map<string, { subject: Subject; tests: Test[] }>();
  for (const test of tests) {
    const subject = subjectOf(comparisonOf(test), command);
    if (!subject) continue;
    const key = printSubject(subject);
    const group = bySubject.get(key) ?? { subject, tests: [] };
    group.tests.push(test);
    bySubject.set(key, group);
  }
  for (const { subject, tests } of bySubject.values()) {
    if (!canAllBeTrue(subject, tests, command)) return describe(subject, tests);
  }
  return undefined;
}

/** Whether one value of a subject may meet all that is asked of it. */
function canAllBeTrue(subject: Subject, tests: readonly Test[], command: Command): boolean {
  if (subject.kind === "none") {
    return tests.every((test) => mayBeTrue(evaluate(test, NO_FACTS)));
  }
  const texts = possibleTexts(subject, tests, command);
  if (!texts) return canBeBetween(subject, tests);
  return texts.some((text) => {
    const facts = factsAbout(subject, text);
    return tests.every((test) => mayBeTrue(evaluate(test, facts)));
  });
}

function describe(subject: Subject, tests: readonly Test[]): Contradiction {
  const [first] = tests;
  const all = tests.map(printCondition).join(" and ");
  const reason =
    subject.kind === "none" ? `${all} is not so` : `no ${printSubject(subject)} meets ${all}`;
  return { at: first ? comparisonOf(first).at : 0, reason };
}

function isEmpty(test: Test): boolean {
  const { right } = comparisonOf(test);
  return right.kind === "list" && right.items.length === 0;
}
