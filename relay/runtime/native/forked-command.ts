import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { isLivingMember, signalGroup, startMarkOf } from "../native-process.ts";
import { encodeFrame, encodeJson, FRAME, type StartRequest, WINDOW_BYTES } from "./frames.ts";
import { enterArgv } from "./isolation.ts";
import { childrenOf, type Namespace } from "./namespaces.ts";

const NOTHING = new Uint8Array();

/** One command that the forker has started and whose end and output it tells. */
export interface ForkedCommand {
  signal(signal: NodeJS.Signals): void;
  taken(stream: "stdout" | "stderr", bytes: number): void;
  /** Closes the pipes: nobody reads them any more. */
  drop(): void;
  /** Resolves when its end has been told and its pipes are closed. */
  done: Promise<void>;
}

/** Throws where the words are such that no process can have them. */
export function forkCommand(
  id: number,
  request: StartRequest,
  namespace: Namespace | undefined,
  send: (frame: Buffer) => void,
  beforeEnd: () => Promise<void>,
): ForkedCommand {
  const child = spawnIn(request, namespace);
  const group = child.pid;
  const streams = {
    stdout: forward(child.stdout, id, FRAME.stdout, FRAME.stdoutEnd, send),
    stderr: forward(child.stderr, id, FRAME.stderr, FRAME.stderrEnd, send),
  };
  if (group !== undefined) {
    send(encodeJson(FRAME.begun, id, { pid: group, startMark: startMarkOf(group) ?? "" }));
  }
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (group === undefined) send(encodeRefused(id, error));
      void beforeEnd().then(resolve);
    });
    child.once("exit", (code, signal) => {
      void beforeEnd().then(() => {
        send(encodeJson(FRAME.ended, id, { code, signal }));
        resolve();
      });
    });
  });

  function signal(name: NodeJS.Signals): void {
    if (group === undefined) return;
    if (namespace && name !== "SIGKILL") signalInside(namespace, group, name);
    else signalGroup(group, name);
  }

  return {
    signal,
    taken: (stream, bytes) => streams[stream].taken(bytes),
    drop() {
      streams.stdout.drop();
      streams.stderr.drop();
    },
    done: Promise.all([ended, streams.stdout.closed, streams.stderr.closed]).then(() => {}),
  };
}

export function encodeRefused(id: number, error: NodeJS.ErrnoException): Buffer {
  return encodeJson(FRAME.refused, id, { code: error.code, message: error.message });
}

function spawnIn(request: StartRequest, namespace: Namespace | undefined): ChildProcess {
  const { argv, env, directory, account } = request;
  const words = namespace ? enterArgv(namespace.first, directory, account, argv) : argv;
  const [program = "", ...rest] = words;
  return spawn(program, rest, {
    cwd: directory,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(!namespace && account),
  });
}

/** The leader only waits for the command, and must live to tell how it ended. */
function signalInside(namespace: Namespace, leader: number, name: NodeJS.Signals): void {
  const inside = [...below(leader), ...below(namespace.first)];
  const members = inside.filter((pid) => isLivingMember(pid, leader));
  for (const pid of members.length > 0 ? members : [leader]) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended already.
    }
  }
}

function below(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...below(child)]);
}

function forward(
  stream: Readable | null,
  id: number,
  kind: number,
  endKind: number,
  send: (frame: Buffer) => void,
) {
  let ahead = 0;
  const closed = new Promise<void>((resolve) => {
    if (!stream) return resolve();
    stream.once("close", () => {
      send(encodeFrame(endKind, id, NOTHING));
      resolve();
    });
  });
  stream?.on("error", () => {});
  stream?.on("data", (bytes: Buffer) => {
    send(encodeFrame(kind, id, bytes));
    ahead += bytes.length;
    if (ahead >= WINDOW_BYTES) stream.pause();
  });

  function taken(bytes: number): void {
    ahead -= bytes;
    if (ahead < WINDOW_BYTES) stream?.resume();
  }

  return { closed, taken, drop: () => void stream?.destroy() };
}
