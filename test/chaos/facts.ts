import { z } from "zod";
import { EXECUTION_STATES } from "../../bot/store/schema.ts";
import { withClient } from "../support/postgres-cluster.ts";

/** All that the database says of one execution once everything has settled. */
const Fact = z.object({
  id: z.string(),
  state: z.enum(EXECUTION_STATES),
  attempt: z.int(),
  reason: z.string().nullable(),
  requested: z.coerce.number(),
  executionEnds: z.coerce.number(),
  invocationEnds: z.coerce.number(),
  outputLength: z.coerce.number().nullable(),
  outputDigest: z.string().nullable(),
  frames: z.instanceof(Buffer).nullable(),
});
export type Fact = z.infer<typeof Fact>;

const PAGE = 500;

/** Every execution, in pages: their outputs together may be large. */
export async function* readFacts(ownerUrl: string): AsyncGenerator<Fact> {
  let after = "00000000-0000-0000-0000-000000000000";
  for (;;) {
    const { rows } = await withClient(ownerUrl, (client) => client.query(FACTS, [after, PAGE]));
    const facts = z.array(Fact).parse(rows);
    yield* facts;
    const last = facts.at(-1);
    if (!last) return;
    after = last.id;
  }
}

const FACTS = `
  select e.id, e.state, e.attempt, e.reason,
    (select count(*) from audit_events a
      where a.invocation_id = e.invocation_id and a.kind = 'invocation.requested') as requested,
    (select count(*) from audit_events a
      where a.execution_id = e.id and a.kind = 'execution.ended') as "executionEnds",
    (select count(*) from audit_events a
      where a.invocation_id = e.invocation_id and a.kind = 'invocation.ended') as "invocationEnds",
    r.output_length as "outputLength", r.output_digest as "outputDigest",
    (select string_agg(o.frames, ''::bytea order by o.start_offset) from outputs o
      where o.execution_id = e.id and o.attempt = e.attempt) as frames
  from executions e left join results r on r.execution_id = e.id and r.attempt = e.attempt
  where e.id > $1 order by e.id limit $2`;

const Open = z.object({ open: z.coerce.number(), unknown: z.coerce.number() });

/** How many have not ended, and of how many nobody knows. */
export async function countUnsettled(ownerUrl: string): Promise<z.infer<typeof Open>> {
  const text = `select count(*) filter (where state in ('queued', 'offered', 'started')) as open,
    count(*) filter (where state = 'unknown') as unknown from executions`;
  const { rows } = await withClient(ownerUrl, (client) => client.query(text));
  return Open.parse(rows[0]);
}
