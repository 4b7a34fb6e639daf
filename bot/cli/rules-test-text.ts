import type { LineValues } from "../invocation/offline-values.ts";
import type { RuleFault } from "../invocation/rules-at-hand.ts";
import type { Trial, TriedRule } from "../invocation/try-rules.ts";
import { printTable, withoutControls } from "../replies/plain-text.ts";
import { lineTable, printPointed } from "./offline-text.ts";
import { printLine, printNote } from "./terminal.ts";

/** What came of it. */
export interface Tested {
  trial: Trial;
  line: LineValues;
  warnings: readonly RuleFault[];
}

const MARKS: Readonly<Record<TriedRule["outcome"], string>> = {
  true: "✓ true",
  false: "✗ false",
  unknown: "? unknown",
  "other-command": "– other command",
};

/** How an outcome is shown in a table; one that a newer bot may have is shown as it is. */
export function markOf(outcome: string): string {
  return new Map<string, string>(Object.entries(MARKS)).get(outcome) ?? outcome;
}

export function testedJson({ trial, line, warnings }: Tested): unknown {
  const { allowed, ...why } = trial.decision;
  return {
    decision: allowed ? "allow" : "deny",
    ...why,
    rules: trial.rules,
    openTags: trial.openTags,
    warnings,
    command: line,
  };
}

export function printTested({ trial, line, warnings }: Tested): void {
  for (const { rule, line: row, column, message } of warnings) {
    printNote(`aldis: ${row}:${column} of ${rule}: ${message} (warning)`);
  }
  printLine(lineTable(line));
  printLine("");
  const rows = trial.rules.map(({ rule, outcome }) => [MARKS[outcome], rule]);
  printLine(withoutControls(printTable(rows)));
  printLine("");
  printLine(withoutControls(verdictOf(trial, line)));
}

/** Each rule that is wrong, with a mark below what is. */
export function printFaults(faults: readonly RuleFault[]): void {
  for (const { rule, line, column, message } of faults) {
    printPointed(rule.split("\n")[line - 1] ?? "", column - 1);
    printNote(`aldis: ${line}:${column}: ${message}`);
  }
}

function verdictOf({ decision, rules, openTags }: Trial, { bundle, command }: LineValues): string {
  if (decision.allowed) return "allowed";
  const denied = `denied, ${decision.message}`;
  if (openTags.length > 0) {
    const flags = openTags.map((name) => `--relay-tag ${name}=…`).join(" ");
    return `${denied}; it hangs on the relay: add ${flags}`;
  }
  if (!rules.every(({ outcome }) => outcome === "other-command")) return denied;
  const name = bundle === null ? command : `${bundle}:${command}`;
  return `${denied}; the rules are about other commands than ${name}`;
}
