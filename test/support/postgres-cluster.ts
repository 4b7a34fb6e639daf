import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../bot/store/embedded-postgres.ts";
import { migrate } from "../../bot/store/migrate.ts";
import { createLogger } from "../../relay/process/logger.ts";

/** What a test needs to know of the cluster that the whole run shares. */
export interface TestCluster {
  ownerUrl: string;
  appUrl: string;
  /** The migrated database that each test's own is cloned from. */
  template: string;
}

const TEMPLATE = "aldis_template";

export async function startTestCluster(): Promise<TestCluster & { stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-pg-"));
  const directory = join(folder, "data/postgres");
  await mkdir(join(folder, "data"), { mode: 0o700 });
  // Root's Postgres runs as another user, who has to pass through here.
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
  const postgres = await startEmbeddedPostgres({
    directory,
    log: createLogger({ level: "silent" }),
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "200",
    },
  });
  const { ownerUrl, appUrl } = postgres;
  await withClient(ownerUrl, (client) => client.query(`create database ${TEMPLATE}`));
  await migrate(onDatabase(ownerUrl, TEMPLATE), onDatabase(appUrl, TEMPLATE));
  return {
    ownerUrl,
    appUrl,
    template: TEMPLATE,
    async stop() {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function withClient<T>(
  url: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  // What is under way hears of a lost connection; unheard here, it would end the process.
  client.on("error", () => {});
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

export function onDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
