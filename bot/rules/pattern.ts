import { createRequire } from "node:module";
import type { Condition, Pattern, Rule, Term } from "./syntax.ts";

const MAX_LENGTH = 1000;
const MAX_PROGRAM = 5000;

/** Compiles a pattern in RE2's syntax; the engine is loaded when the first one is met. */
export function compilePattern(
  source: string,
  at: number,
): { ok: true; pattern: Pattern } | { ok: false; message: string } {
  if (source.length > MAX_LENGTH) {
    return { ok: false, message: `a pattern has at most ${MAX_LENGTH} characters` };
  }
  const re2js: typeof import("re2js") = createRequire(import.meta.url)("re2js");
  try {
    const compiled = re2js.RE2JS.compile(source);
    const size = compiled.programSize();
    if (size > MAX_PROGRAM) {
      return { ok: false, message: "this pattern repeats too much; use smaller counts" };
    }
    const isIn = (text: string) => compiled.test(text);
    return { ok: true, pattern: { kind: "pattern", source, isIn, size, at } };
  } catch (error) {
    if (!(error instanceof re2js.RE2JSException)) throw error;
    return { ok: false, message: `not a pattern in RE2's syntax: ${error.message}` };
  }
}

/** What compiling all patterns of a rule costs, in instructions of their programs. */
export function patternSizeOf({ condition }: Rule): number {
  return condition ? sizeIn(condition) : 0;
}

function sizeIn(condition: Condition): number {
  if (condition.kind === "not") return sizeIn(condition.condition);
  if (condition.kind === "comparison") return sizeOf(condition.left) + sizeOf(condition.right);
  return condition.parts.reduce((size, part) => size + sizeIn(part), 0);
}

function sizeOf(term: Term): number {
  if (term.kind === "pattern") return term.size;
  return term.kind === "list" ? term.items.reduce((size, item) => size + sizeOf(item), 0) : 0;
}
