import { loadConfig } from "../../relay/process/config.ts";
import { BOT_KEYS, databaseUrlsOf, RELAY_SECTIONS } from "../config.ts";
import { migrate } from "../store/migrate.ts";
import type { Environment } from "./connection.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine } from "./terminal.ts";

/** Brings the database up to date as its owner. */
export async function migrateDatabase(
  configPath: string | undefined,
  env: Environment,
): Promise<number> {
  const loaded = loadConfig(BOT_KEYS, {
    configPath,
    env,
    cwd: process.cwd(),
    elsewhere: RELAY_SECTIONS,
  });
  if (!loaded.ok) throw new CliFailure(loaded.errors.join("\n"), EXIT.configuration);
  const urls = databaseUrlsOf(loaded.values);
  const ownerUrl = needed(urls.ownerUrl, "ALDIS_DATABASE_OWNER_URL");
  const appUrl = needed(urls.url, "ALDIS_DATABASE_URL");
  const { host, pathname } = new URL(ownerUrl);
  await migrate(ownerUrl, appUrl).catch((cause: unknown) => {
    const reason = reasonOf(cause);
    throw new CliFailure(`${host}${pathname} was not migrated: ${reason}`, EXIT.unavailable, {
      cause,
    });
  });
  printLine(`${host}${pathname} is up to date`);
  return 0;
}

function needed(url: string | undefined, variable: string): string {
  if (url !== undefined) return url;
  throw new CliFailure(
    `set ${variable}; aldis config explain shows what is set`,
    EXIT.configuration,
  );
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(", ");
  return error instanceof Error ? error.message : String(error);
}
