import type { OutputStream } from "../wire/frames.ts";
import type { Limits } from "../wire/messages.ts";

/**
 * What runs one command, contained. Implementations: native processes here; the Docker Engine
 * API (Docker and Podman) beside it. One contract suite holds them all.
 */
export interface ContainerRuntime {
  /** The name under which a relay announces it: `native`, `docker`, `podman`. */
  readonly name: string;

  /**
   * Runs to the end and says how it ended; that the command failed, was killed or could not be
   * started is an answer, never an exception. `signal` asks it to end: SIGTERM, then SIGKILL
   * after a grace period; the whole process tree is gone when the promise resolves.
   */
  run(spec: RunSpec, output: OutputSink, signal: AbortSignal): Promise<Exit>;

  /** Ends what an earlier life of this relay left running under this name, if anything. */
  remove(handle: RunHandle): Promise<void>;
}

export interface RunSpec {
  /** Names the container or process group: unique per attempt. */
  name: string;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  limits: Limits;
  /**
   * Asked right before the command begins, with nothing awaited in between: a permission grows
   * old. Where it says no, nothing is started and the run was withheld.
   */
  mayStart(): boolean;
  /** Called once the process exists, before it is awaited, with what identifies it after a crash. */
  onCreated(handle: RunHandle): Promise<void>;
}

/** Enough to find a running command again from another process: recorded in the journal. */
export interface RunHandle {
  runtime: string;
  id: string;
  /** When the process began by the host's own account, so that a reused id is not mistaken. */
  startMark: string;
}

/** Takes output in order; awaiting it is how the disk slows the command down. */
export type OutputSink = (stream: OutputStream, bytes: Uint8Array) => Promise<void>;

export type Exit =
  | { kind: "exited"; code: number }
  | { kind: "signalled"; signal: string }
  | { kind: "not-started"; code: number; reason: string }
  | { kind: "withheld" };
