import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";
import { waitFor } from "../support/wait.ts";

export interface ShellOptions {
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Typed into its standard input, which then ends; without it, the input stays open. */
  input?: string;
}

export interface Shell {
  /** What it has said so far. */
  said(): string;
  stdout(): string;
  exitCode: Promise<number | null>;
  /** As a person does it: SIGINT to all of it, once. Resolves when everything has ended. */
  interrupt(): Promise<void>;
}

const running = new Set<ChildProcess>();

afterAll(async () => {
  for (const child of running) signalGroup(child, "SIGKILL");
  await waitFor(() => running.size === 0, { what: "the shells to end", timeoutMs: 20_000 });
});

/** Runs a line or a block as it stands on the page. */
export function startShell(text: string, { cwd, env, input }: ShellOptions): Shell {
  const child = spawn("/bin/sh", ["-c", text], {
    cwd,
    detached: true,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  const pieces: { stream: "stdout" | "stderr"; text: string }[] = [];
  child.stdout.on("data", (bytes) => pieces.push({ stream: "stdout", text: String(bytes) }));
  child.stderr.on("data", (bytes) => pieces.push({ stream: "stderr", text: String(bytes) }));
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  const exitCode = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  return {
    said: () => pieces.map((piece) => piece.text).join(""),
    stdout: () =>
      pieces
        .filter(({ stream }) => stream === "stdout")
        .map((piece) => piece.text)
        .join(""),
    exitCode,
    async interrupt() {
      signalGroup(child, "SIGINT");
      await exitCode;
    },
  };
}

/** Runs it to its end. */
export async function runShell(
  text: string,
  options: ShellOptions,
): Promise<{ code: number | null; stdout: string; said: string }> {
  const shell = startShell(text, { input: "", ...options });
  const code = await shell.exitCode;
  return { code, stdout: shell.stdout(), said: shell.said() };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid) process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

/** A folder that looks like the checkout, and that a test may write into. */
export async function makeCheckout(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "aldis-readme-"));
  const names = (await readdir(packageRoot())).filter((name) => name !== "data");
  for (const name of names) await symlink(join(packageRoot(), name), join(path, name));
  // Root's Postgres runs as another user, who has to pass through here.
  if (process.getuid?.() === 0) await chmod(path, 0o711);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * The environment of a newcomer: nothing of ours, ports and folders apart. `npx aldis` in a
 * checkout prepares the package at its first run; a build in the middle of a test run is left out.
 */
export async function newcomer(home: string): Promise<Record<string, string>> {
  await mkdir(home);
  const api = `127.0.0.1:${await freePort()}`;
  return {
    HOME: home,
    ALDIS_DATA_DIR: join(home, "data"),
    ALDIS_API_ADDRESS: api,
    ALDIS_URL: `http://${api}`,
    npm_config_cache: join(home, "npm"),
    npm_config_ignore_scripts: "true",
    npm_config_offline: "true",
    npm_config_update_notifier: "false",
  };
}

/** Resolves once the bot behind this URL can do its work. */
export async function untilReady(url: string, shell: Shell): Promise<void> {
  let ended = false;
  void shell.exitCode.then(() => {
    ended = true;
  });
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  try {
    await waitFor(async () => ended || (await isReady()), { what: url, timeoutMs: 60_000 });
    if (ended) throw new Error("it has ended");
  } catch (cause) {
    throw new Error(`not ready; it said:\n${shell.said()}`, { cause });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
