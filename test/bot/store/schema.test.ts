import assert from "node:assert/strict";
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import * as schema from "../../../bot/store/schema.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";

/** The few tables that must be read before a workspace is known. */
const WITHOUT_WORKSPACE = ["installations", "key_lists", "leases", "token_lookup", "workspaces"];

let database: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client(database.ownerUrl);
  await owner.connect();
});

afterAll(async () => {
  await owner.end();
  await database.drop();
});

describe("the schema", () => {
  test("is what the queries believe it to be", async () => {
    const { rows } = await owner.query<{ t: string; columns: string[] }>(`
      select table_name as t, array_agg(column_name::text order by column_name) as columns
      from information_schema.columns where table_schema = 'public' group by table_name`);
    const actual = Object.fromEntries(rows.map(({ t, columns }) => [t, columns]));

    const everything: readonly unknown[] = Object.values(schema);
    const tables = everything.filter((value) => is(value, PgTable));
    const believed = Object.fromEntries(
      tables.map((table) => {
        const { name, columns } = getTableConfig(table);
        return [name, columns.map((column) => column.name).sort()];
      }),
    );

    assert.deepEqual(believed, actual);
  });

  test("binds every table by row-level security, the named few apart", async () => {
    const { rows } = await owner.query<{ name: string }>(`
      select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p')
        and not (c.relrowsecurity and c.relforcerowsecurity
          and exists (select from pg_policy where polrelid = c.oid))
      order by 1`);

    assert.deepEqual(
      rows.map(({ name }) => name),
      WITHOUT_WORKSPACE,
    );
  });

  test("keeps audit events from being changed, even by their owner", async () => {
    const { rows } = await owner.query<{ id: string }>("select id from workspaces");
    const ws = rows[0]?.id;
    await owner.query(`select record_event($1, '{"kind": "test", "method": "system"}', '{}')`, [
      ws,
    ]);

    for (const attack of [
      "update audit_events set body = '{}'",
      "delete from audit_events",
      "truncate audit_events cascade",
    ]) {
      await assert.rejects(owner.query(attack), /append-only/, attack);
    }
  });

  test("lets an execution go only where the state machine goes", async () => {
    await assert.rejects(
      owner.query(`do $$ begin
        create temp table t (like executions including all) on commit drop;
        create trigger transition before update of state on t
          for each row execute function check_transition();
        insert into t (workspace_id, id, invocation_id, state, spec, mac, bot_id, offer_timeout_ms,
          queue_timeout_ms, lost_after_ms)
        select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'succeeded', '{}', '', 'b', 1, 1, 1;
        update t set state = 'started';
      end $$`),
      /does not go from succeeded to started/,
    );
  });
});
