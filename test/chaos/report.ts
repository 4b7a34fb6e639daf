import { printTable } from "../../bot/replies/plain-text.ts";

/** What a run has done and found. */
export interface ChaosReport {
  seed: number;
  tookMs: number;
  executions: number;
  /** How often each trouble happened. */
  troubles: ReadonlyMap<string, number>;
  states: ReadonlyMap<string, number>;
  /** Executions that needed more than one attempt. */
  repeated: number;
  outputBytes: number;
  /** Callers that found no bot for minutes: no promise was broken. */
  gaveUp: number;
  /** Each is a broken promise. Empty, if all is well. */
  findings: string[];
  /** What programs have logged as errors, and how often. */
  errors: ReadonlyMap<string, number>;
}

const MOST_FINDINGS = 50;

/** What was done, what became of it, and what is wrong. */
export function printReport(report: ChaosReport): string {
  const { seed, tookMs, executions, repeated, outputBytes, gaveUp, findings } = report;
  const seconds = Math.round(tookMs / 1000);
  const mebibytes = (outputBytes / 2 ** 20).toFixed(1);
  const sections = [
    `seed ${seed}: ${executions} executions in ${seconds} s, ${mebibytes} MiB of output, ${repeated} with more than one attempt, ${gaveUp} callers gave up`,
    tableOf("TROUBLE", report.troubles),
    tableOf("ENDED AS", report.states),
    ...(report.errors.size > 0 ? [tableOf("LOGGED AS AN ERROR", report.errors)] : []),
    findings.length === 0 ? "every invariant holds" : `${findings.length} FINDINGS`,
    ...findings.slice(0, MOST_FINDINGS),
  ];
  return sections.join("\n\n");
}

function tableOf(head: string, counts: ReadonlyMap<string, number>): string {
  const rows = [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => [name, String(count)]);
  return printTable([[head, "TIMES"], ...rows]);
}
