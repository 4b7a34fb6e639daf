import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from "vitest";
import { z } from "zod";
import { migrate } from "../../../bot/store/migrate.ts";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { onDatabase, withClient } from "../../support/postgres-cluster.ts";
import {
  type Content,
  checkAttempts,
  checkEvents,
  checkGrants,
  type Rows,
} from "./upgrade-checks.ts";

/**
 * A database of each earlier schema, filled, is brought up to date: nothing is lost, and everything
 * still says what it said. By a superuser, and by an owner whom row-level security binds.
 */
const MIGRATIONS = join(packageRoot(), "migrations");
const FIXTURES = join(import.meta.dirname, "upgrade");
const EARLIER = ["0000", "0001", "0002"] as const;

const Journal = z.object({
  version: z.string(),
  dialect: z.string(),
  entries: z.array(z.looseObject({ tag: z.string() })),
});

let folder: string;
let cluster: TestDatabase;
let name: string;
let ordinary: string;
let superuser: string;

beforeAll(async () => {
  cluster = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "aldis-upgrade-"));
  ordinary = `plain_${randomBytes(6).toString("hex")}`;
  await withClient(cluster.ownerUrl, (client) =>
    client.query(
      `create role ${ordinary} login createrole password 'plain'; grant aldis_app to ${ordinary} with admin option`,
    ),
  );
});

afterAll(async () => {
  await withClient(cluster.ownerUrl, (client) => client.query(`drop role ${ordinary}`));
  await cluster.drop();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  name = `upgrade_${randomBytes(6).toString("hex")}`;
  superuser = onDatabase(cluster.ownerUrl, name);
  await withClient(cluster.ownerUrl, (client) =>
    client.query(`create database ${name} owner ${ordinary}`),
  );
});

afterEach(async () => {
  await withClient(cluster.ownerUrl, (client) =>
    client.query(`drop database ${name} with (force)`),
  );
});

/** The migrations up to and including this one, as a folder of their own. */
async function migrationsUntil(last: string): Promise<string> {
  const directory = join(folder, last);
  await cp(MIGRATIONS, directory, { recursive: true });
  const file = join(directory, "meta/_journal.json");
  const journal = Journal.parse(JSON.parse(await readFile(file, "utf8")));
  const entries = journal.entries.filter(({ tag }) => tag.slice(0, 4) <= last);
  await writeFile(file, JSON.stringify({ ...journal, entries }));
  return directory;
}

/** The database as the earlier programs left it, with rows in every table that it had. */
async function fillEarlier(ownerUrl: string, last: string): Promise<void> {
  for (const earlier of EARLIER.filter((one) => one <= last)) {
    const migrationsFolder = await migrationsUntil(earlier);
    await withClient(ownerUrl, (owner) => applyMigrations(drizzle(owner), { migrationsFolder }));
    const rows = await readFile(join(FIXTURES, `after-${earlier}.sql`), "utf8");
    // By whom no policy binds, whoever the tables belong to.
    await withClient(superuser, (client) => client.query(rows));
  }
}

/** Every row of every table, as JSON has it. */
function contentOf(url: string): Promise<Content> {
  return withClient(url, async (client) => {
    const tables = await client.query<{ name: string }>(
      "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
    );
    const content: Content = {};
    for (const { name: table } of tables.rows) {
      const { rows } = await client.query<{ row: Record<string, unknown> }>(
        `select to_jsonb(t) as row from ${table} t order by t::text`,
      );
      content[table] = rows.map(({ row }) => row);
    }
    return content;
  });
}

/** `after` with the columns of `before` only. */
function asBefore(before: Rows, after: Rows): string[] {
  const columns = Object.keys(before[0] ?? {});
  return after.map((row) => JSON.stringify(columns.map((column) => row[column]))).sort();
}

const owners: readonly (readonly [who: string, url: () => string])[] = [
  ["a superuser", () => superuser],
  [
    "an owner whom row-level security binds",
    () => {
      const url = new URL(superuser);
      url.username = ordinary;
      url.password = "plain";
      return url.href;
    },
  ],
];
const cases = EARLIER.flatMap((last) => owners.map(([who, url]) => [last, who, url] as const));

describe.each(cases)("from the schema of %s, by %s", (last, _, url) => {
  test("nothing is lost", async () => {
    await fillEarlier(url(), last);
    const before = await contentOf(superuser);

    await migrate(url(), onDatabase(cluster.url, name));

    const after = await contentOf(superuser);
    const rewritten = new Set([
      "group_roles",
      "grants",
      "attempts",
      "audit_events",
      "audit_details",
    ]);
    for (const [table, rows] of Object.entries(before)) {
      if (rewritten.has(table)) continue;
      assert.ok(rows.length > 0, `the fixture has nothing in ${table}`);
      assert.deepEqual(asBefore(rows, after[table] ?? []), asBefore(rows, rows), table);
    }
    checkGrants(before, after);
    checkAttempts(after);
    checkEvents(before, after);
  });
});

describe("an upgrade", () => {
  test("is made once by two programs that start at once", async () => {
    await fillEarlier(superuser, "0001");
    const app = onDatabase(cluster.url, name);

    await Promise.all([migrate(superuser, app), migrate(superuser, app)]);

    const applied = await withClient(superuser, async (client) => {
      const { rows } = await client.query<{ applied: number }>(
        "select schema_version() as applied",
      );
      return rows[0]?.applied;
    });
    const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith(".sql"));
    assert.equal(applied, files.length);
  });

  test("that fails half-way leaves everything as it was, and can be made later", async () => {
    await fillEarlier(superuser, "0001");
    const before = await contentOf(superuser);
    await withClient(superuser, (client) =>
      client.query(
        "create function utc_text(moment timestamptz) returns int language sql return 1",
      ),
    );

    await assert.rejects(migrate(superuser, onDatabase(cluster.url, name)), /utc_text/);
    const meanwhile = await contentOf(superuser);
    await withClient(superuser, (client) => client.query("drop function utc_text(timestamptz)"));
    await migrate(superuser, onDatabase(cluster.url, name));

    assert.deepEqual(meanwhile, before);
    checkEvents(before, await contentOf(superuser));
  });

  test("takes the owner whom the policies bind: with them in force it would see no row", async () => {
    const [, bound] = owners;
    assert.ok(bound);
    const url = bound[1]();
    await fillEarlier(url, "0001");

    const seen = await withClient(url, async (client: pg.Client) => {
      const { rowCount } = await client.query("select from group_roles");
      return rowCount;
    });

    assert.equal(seen, 0);
  });
});
