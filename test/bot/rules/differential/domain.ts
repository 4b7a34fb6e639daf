import type { Comparison, Term } from "../../../../bot/rules/syntax.ts";
import type { Item } from "./naive-compare.ts";
import { itemsOf, type Reading } from "./reading-items.ts";

/** Equal to nothing, found by no pattern, no number, and no boolean. */
export const NOTHING_ELSE = "-~-";

/** One text for each set of the generated patterns that can be found in the same text. */
const PATTERN_TEXTS = ["xa", "ay", "xy", "7"];

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

/**
 * Texts enough that whatever these comparisons can tell apart is told apart: what they name, a
 * little less and a little more than each number, and a text that is none of it. Two places may be
 * compared, so what is known of both is named too.
 */
export function textsFor(comparisons: readonly Comparison[], known: Reading): string[] {
  const items = comparisons.flatMap(({ left, right }) => {
    const named = [left, right].filter(isLiteral);
    const terms = named.length > 0 ? named : [left, right];
    return terms.flatMap((term) => itemsOf(term, known));
  });
  return [...new Set([...items.flatMap(around), NOTHING_ELSE])];
}

function isLiteral({ kind }: Term): boolean {
  return ["list", "string", "number", "boolean", "pattern"].includes(kind);
}

function around(item: Item): readonly string[] {
  if (item.kind === "pattern") return PATTERN_TEXTS;
  if (item.kind === "boolean") return ["true", "false"];
  if (!NUMBER.test(item.text)) return [item.text];
  const number = Number(item.text);
  return [item.text, String(number - 0.25), String(number + 0.25)];
}
