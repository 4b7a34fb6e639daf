import { checkRule } from "../rules/check.ts";
import { parseRule } from "../rules/parse.ts";
import { compilePattern, patternSizeOf } from "../rules/pattern.ts";
import { buildOptions } from "./build.ts";
import { checkOptions } from "./check-options.ts";
import { type BundleProblem, ENOUGH_PROBLEMS } from "./problem.ts";
import type { CommandEntry } from "./schema.ts";

/** What the commands of a bundle are checked against. */
export interface Surroundings {
  bundleName: string;
  /** Those a rule may ask for, as `bundle:name`. */
  permissions: ReadonlySet<string>;
  /** Whether `permissions` has those of other bundles and of the site as well. */
  isComplete: boolean;
  /** What is left for all commands of the bundle together; below zero it is overdrawn. */
  budget: { rules: number; patterns: number };
}

/** Finds what a schema cannot: rules, options and names that do not fit together. */
export function checkCommand(
  name: string,
  entry: CommandEntry,
  surroundings: Surroundings,
): BundleProblem[] {
  const problems = [
    ...checkOptions(entry),
    ...checkRules(name, entry, surroundings),
    ...checkTriggers(entry, surroundings),
  ];
  return problems.map((problem) => ({ ...problem, path: ["commands", name, ...problem.path] }));
}

function checkRules(
  name: string,
  entry: CommandEntry,
  { bundleName, permissions, isComplete, budget }: Surroundings,
): BundleProblem[] {
  const options = entry.options && buildOptions(entry);
  const onlyOf = isComplete ? undefined : bundleName;
  const problems: BundleProblem[] = [];
  for (const [index, text] of entry.rules.entries()) {
    if (problems.length >= ENOUGH_PROBLEMS || --budget.rules < 0 || budget.patterns < 0) break;
    const parsed = parseRule(text, `${bundleName}:${name}`);
    if (parsed.ok) budget.patterns -= patternSizeOf(parsed.rule);
    const found = parsed.ok
      ? checkRule(parsed.rule, { options, arguments: entry.arguments, permissions, onlyOf })
      : [parsed.problem];
    for (const { message, line, column } of found) {
      problems.push({ path: ["rules", index], message, within: { line, column } });
    }
  }
  return problems;
}

function checkTriggers({ triggers }: CommandEntry, { budget }: Surroundings): BundleProblem[] {
  return triggers.flatMap(({ match }, index): BundleProblem[] => {
    if (budget.patterns < 0) return [];
    const compiled = compilePattern(match.replace(/^\/([\s\S]*)\/$/, "$1"), 0);
    if (compiled.ok) budget.patterns -= compiled.pattern.size;
    return compiled.ok ? [] : [{ path: ["triggers", index, "match"], message: compiled.message }];
  });
}
