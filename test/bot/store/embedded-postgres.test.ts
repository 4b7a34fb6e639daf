import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "../../../bot/store/embedded-postgres.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { needs } from "../../support/needs.ts";
import { withClient } from "../../support/postgres-cluster.ts";
import { startNode } from "../../support/processes.ts";
import { waitFor } from "../../support/wait.ts";

let folder: string;
let directory: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "aldis-embedded-"));
  directory = join(folder, "postgres");
});
const started: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((postgres) => postgres.stop()));
  await rm(folder, { recursive: true, force: true, maxRetries: 20 });
});

/** Durability has no say in what is tested here; the disk's speed would. */
async function start(more: Partial<EmbeddedPostgresOptions> = {}) {
  const log = createLogger({ level: "silent" });
  const postgres = await startEmbeddedPostgres({
    directory,
    log,
    settings: { fsync: "off" },
    ...more,
  });
  started.push(postgres);
  return postgres;
}

const hold = `
  const { startEmbeddedPostgres } = await import(process.argv[1]);
  const { createLogger } = await import(process.argv[2]);
  process.on("SIGINT", () => console.log("heard SIGINT"));
  const log = createLogger({ level: "info" });
  const options = { directory: process.argv[3], log, settings: { fsync: "off" } };
  const { ownerUrl } = await startEmbeddedPostgres(options);
  console.log("ready " + ownerUrl);
`;

/** A parent of its own, to be killed. */
function startHolder() {
  const module = (path: string) => new URL(`../../../${path}`, import.meta.url).href;
  return startNode([
    "--input-type=module",
    "--eval",
    hold,
    module("bot/store/embedded-postgres.ts"),
    module("relay/process/logger.ts"),
    directory,
  ]);
}

async function readyUrl(holder: ReturnType<typeof startHolder>): Promise<string> {
  return (await holder.waitForLine(/^ready /, 15_000)).slice("ready ".length);
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(directory, "cluster/postmaster.pid"), "utf8"), 10);
}

async function value(url: string, query: string): Promise<unknown> {
  const { rows } = await withClient(url, (client) => client.query(query));
  return rows[0]?.value;
}

test("keeps its data over a stop and a second start", async () => {
  const first = await start();
  await value(first.ownerUrl, "create table kept as select 42 as value");
  await first.stop();

  const second = await start();

  expect(await value(second.ownerUrl, "select value from kept")).toBe(42);
});

test("listens on no port, behind a private folder, and asks for the password", async () => {
  const { ownerUrl } = await start();

  expect(await value(ownerUrl, "select current_setting('listen_addresses') as value")).toBe("");
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, "owner-password"))).mode & 0o777).toBe(0o600);
  const wrong = new URL(ownerUrl);
  wrong.password = "guess";
  await expect(value(wrong.href, "select 1")).rejects.toMatchObject({ code: "28P01" });
});

test("sorts by code point, whatever locale the machine has", async () => {
  const { ownerUrl } = await start();

  const sorted =
    "select string_agg(w, '' order by w) as value from unnest('{b,A,ä,a,B}'::text[]) w";

  expect(await value(ownerUrl, sorted)).toBe("ABabä");
});

test("shuts down when its parent dies by kill -9, and starts again with its data", async () => {
  const holder = startHolder();
  const url = await readyUrl(holder);
  await value(url, "create table kept as select 42 as value");
  const pid = await postmasterPid();

  holder.kill("SIGKILL");
  await holder.exit;

  const second = await start();
  expect(await value(second.ownerUrl, "select value from kept")).toBe(42);
  expect(await postmasterPid()).not.toBe(pid);
  await second.stop();
  await waitFor(() => !isRunning(pid));
});

test("does not hear the Ctrl-C that its parent's terminal sends", async () => {
  const holder = startHolder();
  const url = await readyUrl(holder);

  process.kill(-holder.pid, "SIGINT");
  await holder.waitForLine(/heard SIGINT/);

  expect(await value(url, "select 1 as value")).toBe(1);
});

test("waits for the server of an earlier run, and says so if it does not end", async () => {
  const holder = startHolder();
  await readyUrl(holder);
  const pid = await postmasterPid();
  process.kill(pid, "SIGSTOP");
  holder.kill("SIGKILL");
  await holder.exit;

  const tooSoon = start({ earlierRunTimeoutMs: 100 });
  await expect(tooSoon).rejects.toThrow(new RegExp(`earlier run \\(pid ${pid}\\) still holds`));

  const waiting = start();
  process.kill(pid, "SIGCONT");
  expect(await value((await waiting).ownerUrl, "select 1 as value")).toBe(1);
});

test("starts although the pid it has left behind is another process's by now", async () => {
  await (await start()).stop();
  await writeFile(join(directory, "cluster/postmaster.pid"), `${process.pid}\n`);

  const { ownerUrl } = await start();

  expect(await value(ownerUrl, "select 1 as value")).toBe(1);
});

test("recovers from a start that was interrupted while it made the database", async () => {
  const holder = startHolder();
  await holder.waitForLine(/creating the embedded database/, 15_000);
  await waitFor(async () => (await readdir(directory)).some((name) => name.includes(".new-")));

  holder.kill("SIGKILL");
  await holder.exit;
  const { ownerUrl } = await start();

  expect(await value(ownerUrl, "select 1 as value")).toBe(1);
  expect((await readdir(directory)).filter((name) => name.includes(".new-"))).toEqual([]);
});

test("puts the socket elsewhere when the path is too long for one", async () => {
  directory = join(folder, "d".repeat(90), "postgres");
  await mkdir(join(folder, "d".repeat(90)));
  if (process.getuid?.() === 0) await chmod(folder, 0o711);

  const { ownerUrl, stop } = await start();

  const socket = new URL(ownerUrl).searchParams.get("host") ?? "";
  expect(socket.length).toBeLessThan(90);
  expect((await stat(socket)).mode & 0o777).toBe(0o700);
  expect(await value(ownerUrl, "select 1 as value")).toBe(1);
  await stop();
  expect(existsSync(socket)).toBe(false);
});

test("tells when the server ends although nobody has stopped it", async () => {
  const reasons: string[] = [];
  await start({ onUnexpectedEnd: (reason) => reasons.push(reason) });

  process.kill(await postmasterPid(), "SIGKILL");

  await waitFor(() => reasons.length === 1);
  expect(reasons[0]).toContain("ended by SIGKILL");
});

test("says in one line what is wrong with broken files", async () => {
  await (await start()).stop();
  await rm(join(directory, "cluster/global/pg_control"));

  const { message } = await rejection(start());

  expect(message).toMatch(/does not start in .*pg_control.*restore it from a backup/);
  expect(message).not.toContain("\n");
});

test("says in one line that a folder cannot be made, and what to do", async () => {
  directory = "/dev/null/postgres";

  const { message } = await rejection(start());

  expect(message).toContain("/dev/null/postgres");
  expect(message).not.toContain("\n");
});

describe("as root", () => {
  needs("to run as root", process.getuid?.() === 0);

  test("names the folder that the database's user cannot enter", async () => {
    directory = join(folder, "below/postgres");
    await mkdir(join(folder, "below"), { mode: 0o755 });

    const { message } = await rejection(start());

    expect(message).toContain(`cannot enter ${directory}`);
    expect(message).toContain("ALDIS_DATA_DIR=/var/lib/aldis");
  });

  test("passes through a private data directory without opening it to anyone else", async () => {
    await start();

    const { mode, uid } = await stat(folder);

    expect({ mode: mode & 0o777, uid }).toEqual({ mode: 0o710, uid: 0 });
  });
});

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it did not reject");
}

/** A zombie that nobody reaps is not running. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/cwd`);
}
