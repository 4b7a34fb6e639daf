import { Writable } from "node:stream";
import type { ConsoleOutput } from "./deps.ts";

/** Between the line editor and the terminal: what is typed while the gate is closed is not shown. */
export class Gate extends Writable {
  isOpen = false;
  readonly #terminal: ConsoleOutput;
  readonly #onResize = (): void => void this.emit("resize");

  constructor(terminal: ConsoleOutput) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
    terminal.on("resize", this.#onResize);
  }

  get columns(): number | undefined {
    return this.#terminal.columns;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (this.isOpen) this.#terminal.write(chunk);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#terminal.off("resize", this.#onResize);
    done(error);
  }
}
