import type { Comparison, Condition, Requirement, Rule } from "../rules/syntax.ts";
import type { Bundle, Command } from "./bundle.ts";
import { comparisonsIn, problemInRule, type RuleRemark } from "./lint-rules.ts";
import { literalsOf } from "./lint-subject.ts";
import type { BundleProblem } from "./problem.ts";
import type { BundleFile } from "./schema.ts";

const NOT_RENDERED = "is not rendered: the default template answers";

/** What a bundle made for Gort may miss here. */
export function lintGort(bundle: Bundle, file: BundleFile): BundleProblem[] {
  if (bundle.format !== "gort") return [];
  const problems: BundleProblem[] = [];
  if (hasKeys(file.templates)) problems.push({ path: ["templates"], message: NOT_RENDERED });
  for (const [name, entry] of Object.entries(file.commands)) {
    const path = ["commands", name, "templates"];
    if (hasKeys(entry.templates)) problems.push({ path, message: NOT_RENDERED });
  }
  return problems;
}

/** What one of its commands may miss, and where its rules mean something else. */
export function lintGortCommand(command: Command): BundleProblem[] {
  const { rules, native, network, user } = command;
  const needs = [
    ...(network === "none" ? ["a network"] : []),
    ...(user === "65534:65534" ? ["another user than 65534"] : []),
  ];
  const message = `runs without a network, on a read-only root, as 65534; it may need ${needs.join(" or ")}`;
  return [
    ...(needs.length > 0 && !native ? [{ path: [], message }] : []),
    ...rules.flatMap((rule, index) =>
      remarksOn(rule, command).map((remark) => problemInRule(rule, index, remark)),
    ),
  ];
}

function remarksOn({ condition, effect }: Rule, command: Command): RuleRemark[] {
  const comparisons = condition ? comparisonsIn(condition) : [];
  const mixed = condition && mixesWords(condition);
  const isMixed = mixed || (effect.kind === "must-have" && mixesWords(effect.requirement));
  const message = `Gort reads conditions from left to right; here "and" binds tighter than "or"`;
  return [
    ...(isMixed ? [{ at: 0, message }] : []),
    ...comparisons.flatMap((each) => otherMeaning(each, command)),
    ...(effect.kind === "must-have" ? comparisons.flatMap(demandsOfAnyWord) : []),
  ];
}

/** Whether an `and` follows an `or`: only then does it matter which binds tighter. */
function mixesWords(whole: Condition | Requirement): boolean {
  if (whole.kind !== "or") return false;
  return whole.parts.slice(1).some(({ kind }) => kind === "and");
}

/** For Gort an option is true or false by being given; here only one that is declared as a flag. */
function otherMeaning(
  { quantifier, left, right }: Comparison,
  { declaresOptions }: Command,
): RuleRemark[] {
  if (!quantifier && left.kind === "arguments" && right.kind === "string") {
    const message = "Gort means all arguments as one text; here one of them is enough";
    return [{ at: left.at, message }];
  }
  if (left.kind !== "option" || right.kind !== "boolean" || declaresOptions) return [];
  const message = `Gort asks whether ${left.name} is given; here declare it: options: { ${left.name}: { type: bool } }`;
  return [{ at: left.at, message }];
}

/** To Gort another word is just not equal; here it may not be comparable, and unknown demands. */
function demandsOfAnyWord(comparison: Comparison): RuleRemark[] {
  const { left, operator } = comparison;
  if (!["argument", "arguments", "options"].includes(left.kind)) return [];
  if (operator !== "==" && operator !== "in") return [];
  return literalsOf(comparison).flatMap((literal) => {
    if (literal.kind !== "number" && literal.kind !== "boolean") return [];
    const { kind, text, at } = literal;
    const message = `any word that is no ${kind} makes this unknown, and must have then demands; write "${text}"`;
    return [{ at, message }];
  });
}

function hasKeys(record: object): boolean {
  return Object.keys(record).length > 0;
}
