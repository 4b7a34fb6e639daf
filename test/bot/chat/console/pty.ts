import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../../../relay/process/package-root.ts";
import { spawnWithWorker } from "../../../support/child.ts";
import { waitFor } from "../../../support/wait.ts";

export interface Pty {
  /** Everything that the terminal was sent so far. */
  shown(): string;
  /** Waits for something that is shown after everything that was waited for before. */
  sees(text: string): Promise<void>;
  press(keys: string): void;
  exitCode: Promise<number>;
}

export interface PtyOptions {
  env?: Readonly<Record<string, string>>;
  /** A shell command that is run on the terminal after the console has ended. */
  afterwards?: string;
}

const PROGRAM = join(packageRoot(), "test/support/console-program.ts");

/** The scripted console of test/support on a terminal of its own, by util-linux' `script`. */
export function consoleOnPty({ env = {}, afterwards = "exit $?" }: PtyOptions = {}): Pty {
  const command = `stty cols 80 rows 24; '${process.execPath}' '${PROGRAM}'; ${afterwards}`;
  const child = spawnWithWorker("script", ["-qfec", command, "/dev/null"], {
    env: { PATH: process.env.PATH ?? "", SHELL: "/bin/sh", TERM: "xterm", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  const shown = () => Buffer.concat(chunks).toString();
  let seen = 0;

  async function sees(text: string): Promise<void> {
    const find = () => shown().indexOf(text, seen);
    const what = `${JSON.stringify(text)} on the terminal`;
    await waitFor(() => find() >= 0, { timeoutMs: 15_000, what });
    seen = find() + text.length;
  }

  return {
    shown,
    sees,
    press: (keys) => void child.stdin?.write(keys),
    exitCode: once(child, "close").then(([code]) => Number(code)),
  };
}
