import assert from "node:assert/strict";
import { z } from "zod";
import { withClient } from "../support/postgres-cluster.ts";
import type { Landscape } from "./landscape.ts";
import { type Printing, printedBy, readMarks } from "./marking.ts";

/** What the audit of an invocation and its execution must hold once, whatever happened. */
const ONCE = ["execution.ended", "invocation.ended", "invocation.requested"];

const Counts = z.array(z.object({ kind: z.string(), count: z.coerce.number() }));

/** That it ended in one of these ways, was answered once, ran once at most, and lost no output. */
export async function checkEnd(
  { caller, marks, postgres }: Landscape,
  executionId: string,
  { endsAs, printing }: { endsAs: readonly string[]; printing: Printing },
): Promise<void> {
  const { state, reason } = await caller.endOf(executionId);
  const output = await caller.outputOf(executionId);
  const timesRun = (await readMarks(marks)).get(executionId) ?? 0;
  const events = await countEvents(postgres.ownerUrl, executionId);
  const whole = printedBy(executionId, printing);

  assert.ok(endsAs.includes(state), `ended as ${state} (${reason}), not as ${endsAs.join(", ")}`);
  assert.ok(timesRun === 1 || (timesRun === 0 && state !== "succeeded"), `ran ${timesRun} times`);
  assert.deepEqual(events, Object.fromEntries(ONCE.map((kind) => [kind, 1])));
  assert.ok(output.isComplete, "some of the output has not arrived");
  assert.equal(output.text, state === "succeeded" ? whole : whole.slice(0, output.text.length));
}

async function countEvents(ownerUrl: string, executionId: string): Promise<Record<string, number>> {
  const text = `select a.kind, count(*) from audit_events a
    join executions e on e.invocation_id = a.invocation_id
    where e.id = $1 and a.kind = any($2) group by 1 order by 1`;
  const { rows } = await withClient(ownerUrl, (client) => client.query(text, [executionId, ONCE]));
  return Object.fromEntries(Counts.parse(rows).map(({ kind, count }) => [kind, count]));
}
