import { writeSync } from "node:fs";
import type { SerializedError } from "vitest";
import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Begins the note of a test that was skipped for lack of something. */
export const NEEDS_NOTE = "needs: ";

/** Ends the output with what was not run and why, then `N passed, N failed, N skipped` alone. */
// biome-ignore lint/style/noDefaultExport: vitest loads reporters by default export
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, errors: ReadonlyArray<SerializedError>): void {
    const text = closingText(modules, errors.length);
    if (process.argv.includes("--watch")) process.stdout.write(text);
    else process.once("exit", () => writeSync(1, text));
  }
}

/** Errors outside of tests count as failures, so that the line agrees with the exit code. */
export function closingText(modules: ReadonlyArray<TestModule>, errors: number): string {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const counts = { passed: 0, failed: errors, skipped: 0 };
  for (const test of tests) counts[stateOf(test)] += 1;
  for (const module of modules) {
    const suites = [...module.children.allSuites()];
    counts.failed += [module, ...suites].filter((suite) => suite.errors().length > 0).length;
  }
  const line = `${counts.passed} passed, ${counts.failed} failed`;
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return `\n${notRun(tests)}${line}${skipped}\n`;
}

function stateOf(test: TestCase): "passed" | "failed" | "skipped" {
  const { state } = test.result();
  return state === "pending" ? "failed" : state;
}

function notRun(tests: readonly TestCase[]): string {
  const missing = new Map<string, TestCase[]>();
  for (const test of tests) {
    const result = test.result();
    if (result.state !== "skipped" || !result.note?.startsWith(NEEDS_NOTE)) continue;
    const what = result.note.slice(NEEDS_NOTE.length);
    missing.set(what, [...(missing.get(what) ?? []), test]);
  }
  const lines = [...missing].flatMap(([what, lacking]) => [
    `not run: ${what}`,
    ...lacking.map((test) => `  ${test.module.relativeModuleId} > ${test.fullName}`),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}
