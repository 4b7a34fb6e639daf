import { Readable } from "node:stream";
import { signalGroup } from "../native-process.ts";
import type { Exit } from "../runtime.ts";
import { encodeFrame, encodeTaken, FRAME } from "./frames.ts";
import type { StartedProcess } from "./starter.ts";

type Stream = "stdout" | "stderr";

/** So much is taken before the forker hears of it. */
const TOLD_BYTES = 64 * 1024;

/** A command in the forker's hands, as the relay sees it. */
export class ForkedProcess {
  readonly started: Promise<StartedProcess | Exit>;
  readonly #start = Promise.withResolvers<StartedProcess | Exit>();
  readonly #exit = Promise.withResolvers<Exit>();
  readonly #id: number;
  readonly #send: (frame: Buffer) => void;
  readonly #streams: Record<Stream, Readable>;
  readonly #pushed: Record<Stream, number> = { stdout: 0, stderr: 0 };
  #pid: number | undefined;
  #open = 3;

  constructor(id: number, send: (frame: Buffer) => void) {
    this.#id = id;
    this.#send = send;
    this.started = this.#start.promise;
    this.#streams = { stdout: this.#stream("stdout"), stderr: this.#stream("stderr") };
  }

  /** Nothing more is heard of it. */
  get isDone(): boolean {
    return this.#open <= 0;
  }

  begun({ pid, startMark }: { pid: number; startMark: string }): void {
    this.#pid = pid;
    this.#start.resolve({
      pid,
      startMark,
      ...this.#streams,
      exit: this.#exit.promise,
      signal: (name) => this.#send(encodeFrame(FRAME.signal, this.#id, Buffer.from(name))),
    });
  }

  output(name: Stream, bytes: Buffer): void {
    this.#pushed[name] += bytes.length;
    this.#streams[name].push(bytes);
  }

  outputEnd(name: Stream): void {
    this.#streams[name].push(null);
    this.#open--;
  }

  ended(exit: Exit): void {
    this.#exit.resolve(exit);
    this.#open--;
  }

  /** It has not begun. */
  refused(exit: Exit): void {
    this.#start.resolve(exit);
    this.#open = 0;
  }

  /** Its forker has ended, and with it whoever could say how the command ends. */
  lost(): void {
    const exit: Exit = { kind: "lost", reason: "the process that starts native commands ended" };
    if (this.#pid !== undefined) signalGroup(this.#pid, "SIGKILL");
    this.#start.resolve(exit);
    this.#exit.resolve(exit);
    for (const stream of Object.values(this.#streams)) stream.destroy();
  }

  /** Its bytes count as taken once its reader has them, and only then the forker sends more. */
  #stream(name: Stream): Readable {
    let told = 0;
    const stream = new Readable({
      read: () => {
        const taken = this.#pushed[name] - stream.readableLength - told;
        if (taken < TOLD_BYTES) return;
        told += taken;
        this.#send(encodeTaken(this.#id, name, taken));
      },
      destroy: (error, done) => {
        if (!stream.readableEnded) this.#send(encodeFrame(FRAME.drop, this.#id, Buffer.alloc(0)));
        done(error);
      },
    });
    return stream;
  }
}
