import pg from "pg";
import { createTestDatabase } from "../../support/postgres.ts";
import { insertAll, sampleRows } from "./sample-rows.ts";

/** Two workspaces with a row in every table, and one with none. */
export const [OURS, THEIRS, EMPTY] = [
  "0aaaaaaa-0000-7000-8000-000000000001",
  "0bbbbbbb-0000-7000-8000-000000000002",
  "0ccccccc-0000-7000-8000-000000000003",
] as const;

export interface TwoWorkspaces {
  /** Superuser, whom no policy binds. */
  owner: pg.Client;
  /** The bot's login. */
  app: pg.Client;
  tables: readonly string[];
  /**
   * What `work` does within one transaction bound to a workspace, which is taken back. `null`: none
   * is set.
   */
  within<T>(who: pg.Client, workspace: string | null, work: () => Promise<T>): Promise<T>;
  /** Everything that workspace holds, as one digest for each table. */
  contentOf(workspace: string): Promise<Record<string, string>>;
  close(): Promise<void>;
}

export async function openTwoWorkspaces(): Promise<TwoWorkspaces> {
  const database = await createTestDatabase();
  const owner = new pg.Client(database.ownerUrl);
  const app = new pg.Client(database.url);
  await Promise.all([owner.connect(), app.connect()]);
  for (const id of [OURS, THEIRS, EMPTY]) {
    await owner.query("insert into workspaces (id, name) values ($1::uuid, $1::text)", [id]);
  }
  await insertAll(owner, sampleRows(OURS, OURS));
  await insertAll(owner, sampleRows(THEIRS, THEIRS));
  const tables = await tablesWithWorkspace(owner);
  return {
    owner,
    app,
    tables,
    within,
    contentOf: (workspace) => contentOf(owner, tables, workspace),
    async close() {
      await Promise.all([owner.end(), app.end()]);
      await database.drop();
    },
  };
}

async function within<T>(
  who: pg.Client,
  workspace: string | null,
  work: () => Promise<T>,
): Promise<T> {
  await who.query("begin");
  try {
    if (workspace !== null) {
      await who.query("select set_config('aldis.workspace', $1, true)", [workspace]);
    }
    return await work();
  } finally {
    await who.query("rollback");
  }
}

async function tablesWithWorkspace(owner: pg.Client): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace
      and relkind in ('r', 'p', 'm', 'f') and relrowsecurity order by 1`);
  return rows.map(({ name }) => name);
}

async function contentOf(
  owner: pg.Client,
  tables: readonly string[],
  workspace: string,
): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const table of tables) {
    const { rows } = await owner.query<{ digest: string }>(
      `select count(*) || ' ' || md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as digest
       from ${table} t where workspace_id = $1`,
      [workspace],
    );
    content[table] = rows[0]?.digest ?? "";
  }
  return content;
}
