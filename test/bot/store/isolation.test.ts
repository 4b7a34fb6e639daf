import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import { idOf, insertAll, insertRow, type Row, sampleRows } from "./sample-rows.ts";
import { EMPTY, OURS, openTwoWorkspaces, THEIRS, type TwoWorkspaces } from "./two-workspaces.ts";

/**
 * Within a transaction bound to one workspace no statement about a table reaches a row of another.
 * Each probe is made as the bot's role, where it must fail, and as a superuser, where it must not.
 */
let world: TwoWorkspaces;
let theirsBefore: Record<string, string>;

const TABLES = Object.keys(sampleRows(OURS, OURS));
/** Written by functions that run with their owner's rights, and by nobody else. */
const GUARDED = ["audit_events", "audit_details", "audit_unlinked", "audit_chain", "audit_heads"];

beforeAll(async () => {
  world = await openTwoWorkspaces();
  theirsBefore = await world.contentOf(THEIRS);
});

afterEach(async () => {
  assert.deepEqual(await world.contentOf(THEIRS), theirsBefore);
});

afterAll(() => world.close());

/** How many rows it touched, or how it was refused, without the ids that were given. */
async function answerTo(work: () => Promise<pg.QueryResult>): Promise<number | string> {
  try {
    return (await work()).rowCount ?? 0;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const said = `${error.code} ${error.constraint ?? ""} ${error.message} ${error.detail ?? ""}`;
    return said.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\\x[0-9a-f]+/g, "…");
  }
}

const isNothing = (answer: number | string) => answer === 0 || /^42501/.test(String(answer));

async function updatableColumn(table: string): Promise<string> {
  const { rows } = await world.owner.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0
       and not attisdropped
     order by has_column_privilege('aldis_app', attrelid, attnum, 'update') desc, attnum limit 1`,
    [table],
  );
  return rows[0]?.name ?? "";
}

test("every table with row-level security has a row in each of the two workspaces", async () => {
  assert.deepEqual(world.tables, [...TABLES].sort());

  for (const [table, content] of Object.entries(theirsBefore)) assert.match(content, /^1 /, table);
});

test("there is no view, sequence or materialized view that a policy would not bind", async () => {
  const { rows } = await world.owner.query(`
    select relname from pg_class where relnamespace = 'public'::regnamespace
      and relkind not in ('r', 'i', 'p', 'I')`);

  assert.deepEqual(rows, []);
});

describe.each(TABLES)("%s", (table) => {
  const probes: readonly (readonly [what: string, sql: (column: string) => string])[] = [
    ["selected", () => `select * from ${table} where workspace_id = '${THEIRS}'`],
    ["counted", () => `select 1 from ${table} having count(*) > 1`],
    ["locked", () => `select * from ${table} where workspace_id = '${THEIRS}' for update`],
    ["locked", () => `select * from ${table} where workspace_id = '${THEIRS}' for key share`],
    ["updated", (c) => `update ${table} set ${c} = ${c} where workspace_id = '${THEIRS}'`],
    ["deleted", () => `delete from ${table} where workspace_id = '${THEIRS}'`],
  ];

  test.each(probes)("another workspace's row cannot be %s", async (_, sql) => {
    const statement = sql(await updatableColumn(table));
    const run = (who: pg.Client) =>
      world.within(who, OURS, () => answerTo(() => who.query(statement)));

    assert.ok(isNothing(await run(world.app)), `${await run(world.app)}`);

    await world.owner.query("set session_replication_role = replica");
    const control = await run(world.owner);
    await world.owner.query("set session_replication_role = origin");
    assert.equal(control, 1);
  });

  test("a row cannot be put into another workspace, nor moved there", async () => {
    const { app, owner } = world;
    const move = `update ${table} set workspace_id = '${THEIRS}'`;
    const row = rowOf(table, THEIRS, "new");

    const put = await world.within(app, OURS, () => answerTo(() => insertRow(app, table, row)));
    const moved = await world.within(app, OURS, () => answerTo(() => app.query(move)));

    const isGuarded = GUARDED.includes(table);
    assert.match(String(put), isGuarded ? /^42501 .*permission/ : /^42501 .*row-level security/);
    assert.match(String(moved), /^42501/);
    await world.within(owner, OURS, async () => {
      await owner.query(`set local session_replication_role = replica; delete from ${table}`);
      assert.equal(await answerTo(() => insertRow(owner, table, row)), 1);
    });
  });

  test("whether another workspace has a key cannot be learnt from how a row is refused", async () => {
    const { app } = world;
    const put = (workspace: string, seed: string) =>
      world.within(app, OURS, () =>
        answerTo(() => insertRow(app, table, rowOf(table, workspace, seed))),
      );

    assert.equal(await put(THEIRS, THEIRS), await put(THEIRS, "nobody's"));
    assert.equal(await put(EMPTY, THEIRS), await put(EMPTY, "nobody's"));
    // Into the workspace itself, but with ids of the other's: keys, and whatever they refer to.
    assert.equal(await put(OURS, THEIRS), await put(OURS, "nobody's"));
  });

  test("without a workspace nothing is seen, and nothing can be put in", async () => {
    const { app, owner } = world;
    for (const setting of [null, ""]) {
      const seen = await world.within(app, setting, () =>
        answerTo(() => app.query(`select from ${table}`)),
      );
      const row = rowOf(table, OURS, "new");
      const put = await world.within(app, setting, () =>
        answerTo(() => insertRow(app, table, row)),
      );

      assert.equal(seen, 0);
      assert.match(String(put), /^42501/);
    }
    assert.equal((await owner.query(`select from ${table}`)).rowCount, 2);
  });
});

test("a setting that is no workspace is an error, not a way round", async () => {
  const { app } = world;

  const answer = await world.within(app, "x' or true", () =>
    answerTo(() => app.query("select from users")),
  );

  assert.match(String(answer), /^22P02/);
});

test("a workspace may hold every id, name and key that another holds", async () => {
  const { app, owner } = world;

  const open = Object.entries(sampleRows(EMPTY, THEIRS)).filter(([t]) => !GUARDED.includes(t));
  await world.within(app, EMPTY, () => insertAll(app, Object.fromEntries(open)));
  await world.within(owner, EMPTY, () => insertAll(owner, sampleRows(EMPTY, THEIRS)));

  // The control: within the one workspace the same set is refused.
  await assert.rejects(
    world.within(owner, THEIRS, () => insertAll(owner, sampleRows(THEIRS, THEIRS))),
    { code: "23505" },
  );
});

test("a reference does not reach over into another workspace", async () => {
  const { app } = world;
  const member = {
    workspace_id: OURS,
    group_id: idOf(OURS, "group"),
    user_id: idOf(THEIRS, "user"),
  };

  const put = (row: Row) => world.within(app, OURS, () => insertRow(app, "group_members", row));

  await assert.rejects(put(member), { code: "23503" });
  const ours = { ...member, user_id: idOf(OURS, "user") };
  await assert.rejects(put(ours), { code: "23505" });
});

function rowOf(table: string, workspace: string, seed: string): Row {
  const row = sampleRows(workspace, seed)[table];
  assert.ok(row, `no sample row of ${table}`);
  return row;
}
