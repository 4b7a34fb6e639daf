import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { startApi } from "../../../bot/api/api.ts";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { startTestApi, type TestApi } from "../api/api-fixture.ts";

export interface CliResult {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

export interface RunningCli {
  result: Promise<CliResult>;
  /** What it has written to stderr so far. */
  noted(): string;
  interrupt(): void;
}

const PROGRAM = join(packageRoot(), "bot/cli/aldis.ts");

/** Runs the program from its sources, with nothing in its environment but this. */
export function startCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): RunningCli {
  const child = spawn(process.execPath, [...nodeArgs, PROGRAM, ...args], {
    env: { ALDIS_DATA_DIR: "/nonexistent", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const notes: string[] = [];
  child.stderr.on("data", (bytes) => notes.push(String(bytes)));
  const result = Promise.all([buffer(child.stdout), buffer(child.stderr), once(child, "close")]);
  return {
    result: result.then(([stdout, stderr, [code]]) => ({ code, stdout, stderr: String(stderr) })),
    noted: () => notes.join(""),
    interrupt: () => void child.kill("SIGINT"),
  };
}

export function runCli(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<CliResult> {
  return startCli(args, env).result;
}

/** An API that the program can be pointed to, by a connection that can be cut. */
export interface CliBot extends TestApi {
  env: Record<string, string>;
  /** Cuts every connection; later ones are made as before. */
  cut(): void;
  /** How many connections have been made. */
  connections(): number;
}

export async function startCliBot(): Promise<CliBot> {
  const api = await startTestApi();
  const server = await startApi(api.deps);
  const port = Number(new URL(server.address).port);
  const sockets = new Set<Socket>();
  let connections = 0;
  const proxy = createServer((near) => {
    connections++;
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    near.pipe(far).on("close", () => near.destroy());
    far.pipe(near).on("close", () => far.destroy());
  });
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    cut();
    proxy.close();
    await server.stop();
  });
  const address = proxy.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  const url = `http://127.0.0.1:${address.port}`;
  return {
    ...api,
    env: { ALDIS_URL: url, ALDIS_TOKEN: api.admin.token },
    cut,
    connections: () => connections,
  };
}
