import pg from "pg";
import { type Batch, createBatch } from "../../relay/process/batch.ts";

type Call = (name: string, args: readonly unknown[]) => Promise<unknown>;
type Args = readonly unknown[];
type Outcome = { answer: unknown } | { error: unknown };

/** The functions that every execution passes through, with the types of their arguments. */
const HOT: Readonly<Record<string, readonly string[]>> = {
  record_invocation: ["uuid", "bigint", "timestamptz", "jsonb", "jsonb", "text"],
  start_execution: ["uuid", "uuid", "integer", "uuid", "text"],
  settle_execution: ["uuid", "uuid", "integer", "uuid", "jsonb", "text"],
};

const MOST = 64;
/** So many statements of one kind at once; what comes meanwhile shares the next. */
const WAYS = 2;

/**
 * Calls that come faster than the database commits share a statement and a commit, a row each.
 * Where the database refuses such a statement, each is called by itself: one that is at fault is no
 * reason to refuse the others.
 */
export function gatherCalls(pool: pg.Pool, callAlone: Call): Call {
  const batches = new Map<string, Batch<Args, Outcome>>();
  for (const [name, types] of Object.entries(HOT)) {
    const text = statementFor(name, types);
    const deliver = (items: readonly Args[]) =>
      callTogether(pool, callAlone, { name, text }, items);
    batches.set(name, createBatch({ deliver, most: MOST, ways: WAYS }));
  }
  return async (name, args) => {
    const batch = batches.get(name);
    if (!batch) return callAlone(name, args);
    const outcome = await batch.send(args);
    if ("error" in outcome) throw outcome.error;
    return outcome.answer;
  };
}

async function callTogether(
  pool: pg.Pool,
  callAlone: Call,
  { name, text }: { name: string; text: string },
  items: readonly Args[],
): Promise<Outcome[]> {
  const [first] = items;
  if (first && items.length === 1) return [{ answer: await callAlone(name, first) }];
  const columns = first?.map((_, index) => items.map((args) => args[index])) ?? [];
  try {
    const { rows } = await pool.query<{ answer: unknown }>({
      name: `${name}s`,
      text,
      values: columns,
    });
    return rows;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return Promise.all(items.map((args) => outcomeOf(callAlone(name, args))));
  }
}

function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  return call.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
}

/** One array for each argument, a row for each call, in order. */
function statementFor(name: string, types: readonly string[]): string {
  const arrays = types.map((type, index) => `$${index + 1}::${type}[]`).join(", ");
  const names = types.map((_, index) => `a${index + 1}`);
  return `select ${name}(${names.join(", ")}) as answer
    from unnest(${arrays}) with ordinality as called(${names.join(", ")}, place) order by place`;
}
