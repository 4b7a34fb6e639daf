import { type Program, startProgram } from "./program.ts";

/** Where one bot or one relay lives; its processes come and go, its disk and its address stay. */
export interface Host {
  name: string;
  env: Readonly<Record<string, string>>;
  /** Starts a process, with more in its environment; resolves when it is ready. */
  start(more?: Readonly<Record<string, string>>): Promise<Program>;
  /** Ends it at once, if it runs (SIGKILL). */
  kill(): Promise<void>;
  /** It stands still (SIGSTOP) until `thaw`. */
  freeze(): void;
  thaw(): void;
  isRunning(): boolean;
  /** All that its processes have said. */
  said(): string[];
}

/** However busy the machine is, and whatever it has to wait for. */
const READY_WITHIN_MS = 180_000;

export function createHost(kind: "bot" | "relay", name: string, env: Host["env"]): Host {
  let program: Program | undefined;
  const earlier: Program[] = [];
  const isRunning = () => program !== undefined && !program.hasEnded();

  async function kill(): Promise<void> {
    if (!program) return;
    program.kill("SIGKILL");
    await program.exit;
  }

  return {
    name,
    env,
    isRunning,
    kill,
    async start(more = {}) {
      await kill();
      program = startProgram([kind], { ...env, ...more });
      earlier.push(program);
      await program.waitForLine(new RegExp(`"${kind} ready"`), READY_WITHIN_MS);
      return program;
    },
    freeze: () => program?.kill("SIGSTOP"),
    thaw: () => program?.kill("SIGCONT"),
    said: () => earlier.flatMap(({ lines }) => lines),
  };
}
