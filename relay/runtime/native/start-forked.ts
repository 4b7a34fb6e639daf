import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { extname, join } from "node:path";
import { z } from "zod";
import type { Exit } from "../runtime.ts";
import { ForkedProcess } from "./forked-process.ts";
import { encodeJson, FRAME, frameReader, type StartRequest } from "./frames.ts";
import type { Isolation } from "./isolation.ts";
import { exitOf, notStarted, type StartedProcess, type Starter } from "./starter.ts";

const Begun = z.object({ pid: z.int().positive(), startMark: z.string() });
const Ended = z.object({ code: z.int().nullable(), signal: z.string().nullable() });
const Refused = z.object({ code: z.string().optional(), message: z.string() });

/** Little heap makes a fork cheap; the forker holds nothing but what is on its way. */
const NODE_OPTIONS = ["--max-old-space-size=64", "--max-semi-space-size=1", "--no-warnings"];

/**
 * Starts processes from a forker, which is started with the first command, and again with the next
 * one after it has ended. Commands end with their forker, and the forker ends with this process.
 */
export function startForked(isolation: Isolation): Starter {
  let forker: Forker | undefined;

  async function start(request: StartRequest): Promise<StartedProcess | Exit> {
    if (!forker?.isAlive()) forker = openForker(isolation);
    return forker.start(request);
  }

  return { start, stop: async () => forker?.stop() };
}

interface Forker {
  isAlive(): boolean;
  start(request: StartRequest): Promise<StartedProcess | Exit>;
  stop(): Promise<void>;
}

function openForker(isolation: Isolation): Forker {
  const commands = new Map<number, ForkedProcess>();
  const { child, socket } = spawnForker(isolation);
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
  let lastId = 0;
  let isAlive = true;

  function start(request: StartRequest): Promise<StartedProcess | Exit> {
    const id = ++lastId;
    const command = new ForkedProcess(id, send);
    commands.set(id, command);
    socket.ref();
    send(encodeJson(FRAME.start, id, request));
    return command.started;
  }

  /** What is sent in one turn goes out in one write: each wakes the forker. */
  function send(frame: Buffer): void {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(frame);
  }

  function onFrame(kind: number, id: number, body: Buffer): void {
    const command = commands.get(id);
    if (!command) return;
    TELL.get(kind)?.(command, body);
    if (!command.isDone) return;
    commands.delete(id);
    if (commands.size === 0) socket.unref();
  }

  function onGone(): void {
    isAlive = false;
    for (const command of commands.values()) command.lost();
    commands.clear();
  }

  socket.on("error", () => {});
  socket.on("data", frameReader(onFrame));
  socket.once("close", onGone);
  child.once("error", () => socket.destroy());
  return {
    isAlive: () => isAlive,
    start,
    async stop() {
      child.ref();
      socket.destroy();
      await gone;
    },
  };
}

function spawnForker(isolation: Isolation): { child: ChildProcess; socket: Socket } {
  const program = join(import.meta.dirname, `forker${extname(import.meta.filename)}`);
  const child = spawn(process.execPath, [...NODE_OPTIONS, program, isolation], {
    cwd: "/",
    // What it starts gets what it is told, and nothing else.
    env: {},
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    // Ctrl-C is the relay's to judge.
    detached: true,
  });
  const socket = child.stdio[3];
  if (!(socket instanceof Socket)) throw new Error("the forker has no socket");
  child.unref();
  socket.unref();
  return { child, socket };
}

type Tell = (command: ForkedProcess, body: Buffer) => void;

const TELL: ReadonlyMap<number, Tell> = new Map<number, Tell>([
  [FRAME.begun, (command, body) => command.begun(Begun.parse(jsonOf(body)))],
  [FRAME.stdout, (command, body) => command.output("stdout", body)],
  [FRAME.stderr, (command, body) => command.output("stderr", body)],
  [FRAME.stdoutEnd, (command) => command.outputEnd("stdout")],
  [FRAME.stderrEnd, (command) => command.outputEnd("stderr")],
  [FRAME.ended, (command, body) => command.ended(exitIn(body))],
  [FRAME.refused, (command, body) => command.refused(refusalIn(body))],
  [FRAME.late, (command) => command.refused({ kind: "withheld" })],
]);

function exitIn(body: Buffer): Exit {
  const { code, signal } = Ended.parse(jsonOf(body));
  return exitOf(code, signal);
}

function refusalIn(body: Buffer): Exit {
  const { code, message } = Refused.parse(jsonOf(body));
  return notStarted(code, message);
}

function jsonOf(body: Buffer): unknown {
  return JSON.parse(body.toString());
}
