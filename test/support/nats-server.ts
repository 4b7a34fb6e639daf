import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eachLine, exited, spawnWithWorker } from "./child.ts";
import { findNatsServer } from "./nats-server-binary.ts";

export interface NatsServerOptions {
  jetstream?: boolean;
  /** Default: a free one. Name it to start a server again where another has stood. */
  port?: number;
  /** Default: a new one, removed on stop. Name it to keep streams over a restart. */
  storeDirectory?: string;
  /** Further command-line arguments, such as `["--config", file]`. */
  args?: readonly string[];
}

export interface NatsServer {
  url: string;
  port: number;
  pid: number;
  /** Orderly (SIGTERM). */
  stop(): Promise<void>;
  /** At once (SIGKILL). */
  kill(): Promise<void>;
  /** The process stands still (SIGSTOP); connections stay open and silent. */
  pause(): void;
  resume(): void;
}

/** Starts a real `nats-server` on loopback, ready to be connected to. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const program = await findNatsServer();
  const store = options.storeDirectory ?? (await mkdtemp(join(tmpdir(), "aldis-nats-")));
  const child = spawnWithWorker(program, serverArgs(options, store), {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    let listening = options.port ?? 0;
    eachLine(child.stderr, (line) => {
      lines.push(line);
      listening = Number(/client connections on [^ ]*:(\d+)/.exec(line)?.[1] ?? listening);
      if (line.includes("Server is ready")) resolve(listening);
    });
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`nats-server ended:\n${lines.join("\n")}`)));
  });

  async function end(signal: NodeJS.Signals): Promise<void> {
    child.kill("SIGCONT");
    child.kill(signal);
    await exited(child);
    if (!options.storeDirectory) await rm(store, { recursive: true, force: true });
  }

  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}

function serverArgs(options: NatsServerOptions, store: string): string[] {
  return [
    "--addr",
    "127.0.0.1",
    "--port",
    String(options.port ?? -1),
    "--store_dir",
    store,
    ...(options.jetstream ? ["--jetstream"] : []),
    ...(options.args ?? []),
  ];
}
