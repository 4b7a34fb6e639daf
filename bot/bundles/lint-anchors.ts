import type { Comparison, Condition, Pattern, Rule } from "../rules/syntax.ts";

/** Patterns that let more through than they seem to, in rules that allow. */
export function lintAnchors({ condition, effect }: Rule): { at: number; message: string }[] {
  if (effect.kind !== "allow" || !condition) return [];
  return patternsThatAllow(condition, false).flatMap((pattern) => {
    const message = adviceOn(pattern.source);
    return message === undefined ? [] : [{ at: pattern.at, message }];
  });
}

/** Those that are to be found; one that must not be found is the stricter the more it matches. */
function patternsThatAllow(condition: Condition, isNegated: boolean): Pattern[] {
  if (condition.kind === "not") return patternsThatAllow(condition.condition, !isNegated);
  if (condition.kind !== "comparison") {
    return condition.parts.flatMap((part) => patternsThatAllow(part, isNegated));
  }
  const isNegative = condition.operator === "!=" || condition.operator === "not in";
  return isNegative === isNegated ? patternsIn(condition) : [];
}

function patternsIn({ left, right }: Comparison): Pattern[] {
  return [left, right].flatMap((term) => {
    if (term.kind === "pattern") return [term];
    return term.kind === "list" ? term.items.filter((item) => item.kind === "pattern") : [];
  });
}

function adviceOn(source: string): string | undefined {
  const shown = source.replaceAll("/", "\\/");
  if (MULTILINE.test(source) && isOpenByLine(source)) {
    return `/${shown}/ is anchored at every line, because of (?m); write \\A and \\z`;
  }
  const branches = branchesOf(source);
  if (branches.length > 1) {
    const isAnchored = branches.every((branch) => !isOpenBefore(branch) && !isOpenAfter(branch));
    return isAnchored ? undefined : `/${shown}/ is not anchored in all branches; write /^(…|…)$/`;
  }
  if (isOpenBefore(source) && isOpenAfter(source)) {
    return `/${shown}/ matches anywhere in the text; write /^${shown}$/`;
  }
  if (isOpenBefore(source)) return `/${shown}/ matches after any beginning; write /^${shown}/`;
  if (!isOpenAfter(source)) return undefined;
  return `/${shown}/ matches before any ending; write /${shown}$/, or /${shown}.*/ if that is meant`;
}

const MULTILINE = /\(\?[a-zA-Z]*m[a-zA-Z-]*[:)]/;

/** With `(?m)` the plain anchors match at line breaks too. */
function isOpenByLine(source: string): boolean {
  return branchesOf(source).some((branch) => {
    const start = branch.replace(/^(?:\(\?[a-zA-Z]+\))+/, "");
    return start.startsWith("^") || /(?<!\\)\$$/.test(branch);
  });
}

function isOpenBefore(source: string): boolean {
  return !/^(?:\(\?[a-zA-Z]+\))*(?:\^|\\A|\.\*)/.test(source);
}

function isOpenAfter(source: string): boolean {
  return !/(?:(?<!\\)\$|\\z|(?<!\\)\.\*)$/.test(source);
}

/** What stands between the `|` that are in no parentheses. */
function branchesOf(source: string): string[] {
  const branches = [""];
  let depth = 0;
  for (const [part] of source.matchAll(/\\.|\[(?:\\.|[^\]])*\]|./gs)) {
    if (part === "(") depth++;
    if (part === ")") depth--;
    if (part === "|" && depth === 0) branches.push("");
    else branches.push(`${branches.pop() ?? ""}${part}`);
  }
  return branches;
}
