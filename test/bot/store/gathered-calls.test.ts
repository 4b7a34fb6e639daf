import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, test } from "vitest";
import { gatherCalls } from "../../../bot/store/gathered-calls.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";

/** In place of the real one: says what it was called with, and refuses what is marked so. */
const FUNCTION = `
  create schema gathered;
  create table gathered.calls (execution uuid, tx xid8 default pg_current_xact_id());
  create function gathered.start_execution(ws uuid, execution uuid, attempt integer, relay uuid, epoch text)
    returns jsonb language plpgsql as $$
  begin
    if epoch = 'refused' then
      raise exception 'refused' using errcode = 'check_violation';
    end if;
    insert into gathered.calls (execution) values (execution);
    return jsonb_build_object('attempt', attempt, 'epoch', epoch);
  end $$`;

let database: TestDatabase;
let pool: pg.Pool;
let alone: (readonly unknown[])[];
let call: ReturnType<typeof gatherCalls>;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.ownerUrl, options: "-c search_path=gathered" });
  await pool.query(FUNCTION);
  call = gatherCalls(pool, async (name, args) => {
    alone.push(args);
    const places = args.map((_, index) => `$${index + 1}`).join(", ");
    const { rows } = await pool.query(`select ${name}(${places}) as answer`, [...args]);
    return rows[0].answer;
  });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const ID = "00000000-0000-7000-8000-000000000000";

function callsOf(epochs: readonly string[]) {
  alone = [];
  const calls = epochs.map((epoch, n) => call("start_execution", [ID, ID, n, ID, epoch]));
  return Promise.allSettled(calls);
}

test("calls that come at once share a statement and a commit, each with its own answer", async () => {
  const epochs = Array.from({ length: 50 }, (_, n) => `epoch "${n}", {'é'}\\`);

  const outcomes = await callsOf(epochs);

  assert.deepEqual(
    outcomes.map((each) => each.status === "fulfilled" && each.value),
    epochs.map((epoch, attempt) => ({ attempt, epoch })),
  );
  assert.equal(alone.length, 2);
  const { rows } = await pool.query(
    "select count(distinct tx)::int as commits from gathered.calls",
  );
  assert.equal(rows[0].commits, 3);
});

test("one that is refused is told so, and the others that shared its statement are not", async () => {
  const outcomes = await callsOf(["a", "b", "c", "refused", "d"]);

  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "rejected", "fulfilled"],
  );
  const [, , , refused] = outcomes;
  assert.match(String(refused?.status === "rejected" && refused.reason), /refused/);
});

test("another function is called by itself, always", async () => {
  await assert.rejects(call("no_such_function", []), /no_such_function/);
});
