import type { Host } from "../faults/host.ts";
import type { Landscape } from "../faults/landscape.ts";
import { readMarks } from "../faults/marking.ts";
import { checkExecution } from "./check.ts";
import { readFacts } from "./facts.ts";
import type { Load } from "./load.ts";
import type { ChaosReport } from "./report.ts";
import type { TroubleMaker } from "./trouble-maker.ts";
import { verifyAuditOf } from "./verify-audit.ts";

/** Holds what is stored, what has run and what callers were promised against each other. */
export async function examine(
  land: Landscape,
  load: Load,
  troubles: TroubleMaker,
): Promise<Omit<ChaosReport, "seed" | "tookMs">> {
  const executions = await examineExecutions(land, load);
  return {
    ...executions,
    troubles: troubles.counts,
    gaveUp: load.gaveUp(),
    findings: [
      ...troubles.faults.map((fault) => `not well again: ${fault}`),
      ...load.faults.map((fault) => `a caller was told: ${fault}`),
      ...(await verifyAuditOf(land)),
      ...executions.findings,
    ],
    errors: errorsOf([...land.bots, ...land.relays]),
  };
}

async function examineExecutions({ marks: file, postgres }: Landscape, { said }: Load) {
  const marks = await readMarks(file);
  const states = new Map<string, number>();
  const known = new Set<string>();
  const findings: string[] = [];
  let [repeated, outputBytes] = [0, 0];
  for await (const fact of readFacts(postgres.ownerUrl)) {
    known.add(fact.id);
    findings.push(...checkExecution(fact, marks.get(fact.id) ?? 0, said.get(fact.id)));
    states.set(fact.state, (states.get(fact.state) ?? 0) + 1);
    if (fact.attempt > 1) repeated += 1;
    outputBytes += fact.outputLength ?? 0;
  }
  const missing = (ids: Iterable<string>) => [...ids].filter((id) => !known.has(id));
  findings.push(...missing(marks.keys()).map((id) => `${id} ran, and is not recorded`));
  findings.push(...missing(said.keys()).map((id) => `${id} was promised and lost`));
  return { executions: known.size, states, repeated, outputBytes, findings };
}

function errorsOf(hosts: readonly Host[]): Map<string, number> {
  const errors = new Map<string, number>();
  for (const line of hosts.flatMap((host) => host.said())) {
    if (!line.includes('"level":"error"')) continue;
    const message = /"msg":"([^"]*)"/.exec(line)?.[1] ?? line;
    const reason = /"message":"([^"]*)"/.exec(line)?.[1] ?? "";
    const key = `${message}: ${reason.slice(0, 100)}`;
    errors.set(key, (errors.get(key) ?? 0) + 1);
  }
  return errors;
}
