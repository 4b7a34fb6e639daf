import { compareNumbers } from "../rules/compare.ts";
import type { Operator } from "../rules/syntax.ts";
import { comparisonOf, literalsOf, type Subject, type Test } from "./lint-subject.ts";

interface Bound {
  number: string;
  isStrict: boolean;
}

const MIRRORED: Readonly<Partial<Record<Operator, Operator>>> = {
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};
const NEGATED: Readonly<Partial<Record<Operator, Operator>>> = {
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};

/** Whether there is a number within all bounds that the tests set. */
export function canBeBetween(subject: Subject, tests: readonly Test[]): boolean {
  const bounds = tests.flatMap((test) => {
    const { left, operator } = comparisonOf(test);
    const [literal] = literalsOf(comparisonOf(test));
    const facing = left.kind === subject.kind ? operator : MIRRORED[operator];
    const asked = facing && test.kind === "not" ? NEGATED[facing] : facing;
    return asked && literal?.kind === "number" ? [{ asked, number: literal.text }] : [];
  });
  const above = bounds.filter(({ asked }) => asked === ">" || asked === ">=").map(boundOf);
  const below = bounds.filter(({ asked }) => asked === "<" || asked === "<=").map(boundOf);
  return above.every((low) => below.every((high) => isRoomBetween(low, high)));
}

function boundOf({ asked, number }: { asked: Operator; number: string }): Bound {
  return { number, isStrict: asked === "<" || asked === ">" };
}

function isRoomBetween(low: Bound, high: Bound): boolean {
  const order = compareNumbers(low.number, high.number);
  return order < 0 || (order === 0 && !low.isStrict && !high.isStrict);
}
