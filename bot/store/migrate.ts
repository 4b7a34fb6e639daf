import { join } from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as applyMigrations } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { packageRoot } from "../../relay/process/package-root.ts";
import { BotError } from "../errors.ts";

const FOLDER = join(packageRoot(), "migrations");

/** Two programs that start at once migrate one after the other. Any constant does. */
const MIGRATION_LOCK = 7_227_415_113;

/**
 * Brings the schema up to date as its owner, and makes the role that the bot logs in as, with
 * user and password of `appUrl`, if it is missing.
 */
export async function migrate(ownerUrl: string, appUrl: string): Promise<void> {
  const owner = new pg.Client({ connectionString: ownerUrl, application_name: "aldis migrate" });
  // What breaks the connection also fails the query that is under way.
  owner.on("error", () => {});
  await owner.connect();
  try {
    await owner.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await ensureRoles(owner, new URL(appUrl));
    await applyMigrations(drizzle(owner), { migrationsFolder: FOLDER });
    await grantApp(owner, new URL(appUrl));
  } finally {
    await owner.end();
  }
}

/** Refuses a schema that is older or newer than this program expects. */
export async function checkSchema(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ applied: number }>("select schema_version() as applied");
  const applied = rows[0]?.applied ?? 0;
  const known = readMigrationFiles({ migrationsFolder: FOLDER }).length;
  if (applied === known) return;
  const problem = applied < known ? "older" : "newer";
  throw new BotError(
    "schema-outdated",
    `the database schema is ${problem} than this program (${applied} of ${known}); run "aldis migrate" of the newer one`,
  );
}

async function ensureRoles(owner: pg.Client, app: URL): Promise<void> {
  await createRole(owner, "aldis_app", "nologin");
  const login = decodeURIComponent(app.username);
  const password = decodeURIComponent(app.password);
  const options = password ? `login password ${owner.escapeLiteral(password)}` : "login";
  if (login) await createRole(owner, login, options);
}

async function createRole(owner: pg.Client, name: string, options: string): Promise<void> {
  const { rowCount } = await owner.query("select from pg_roles where rolname = $1", [name]);
  if (rowCount) return;
  try {
    await owner.query(`create role ${owner.escapeIdentifier(name)} ${options}`);
  } catch (error) {
    // Another database of the same cluster may be migrating at this moment.
    if (!(error instanceof pg.DatabaseError && /^(42710|23505)$/.test(error.code ?? "")))
      throw error;
  }
}

async function grantApp(owner: pg.Client, app: URL): Promise<void> {
  const login = decodeURIComponent(app.username);
  if (!login) return;
  const { rows } = await owner.query<{ member: boolean }>(
    "select pg_has_role($1, 'aldis_app', 'member') as member",
    [login],
  );
  if (rows[0]?.member) return;
  await owner.query(`grant aldis_app to ${owner.escapeIdentifier(login)}`);
}
