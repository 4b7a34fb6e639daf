import { createRequire } from "node:module";
import type { Pattern } from "./syntax.ts";

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
    if (compiled.programSize() > MAX_PROGRAM) {
      return { ok: false, message: "this pattern repeats too much; use smaller counts" };
    }
    const isIn = (text: string) => compiled.test(text);
    return { ok: true, pattern: { kind: "pattern", source, isIn, at } };
  } catch (error) {
    if (!(error instanceof re2js.RE2JSException)) throw error;
    return { ok: false, message: `not a pattern in RE2's syntax: ${error.message}` };
  }
}
