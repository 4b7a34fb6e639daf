import type { OutputStream } from "../wire/frames.ts";
import type { AttemptName, Limits } from "../wire/messages.ts";

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

  /** Lets go of what it keeps between runs, where it keeps something. */
  stop?(): Promise<void>;
}

export interface RunSpec {
  /** Names the container or process group: unique per attempt. */
  name: string;
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  limits: Limits;
  /** Which attempt this is, for whoever looks at the containers of the host. */
  attempt?: AttemptName;
  /** What a container is made from; native commands have none. */
  image?: string | undefined;
  /** `none`, or a network as the engine calls it. */
  network: string;
  mounts: readonly Mount[];
  /** As `uid:gid`; an unprivileged one unless given. */
  user?: string | undefined;
  /** What the command reads, to its end; nothing where absent. */
  input?: Uint8Array;
  /**
   * Asked right before the command begins, with nothing awaited in between: a permission grows
   * old. Where it says no, nothing is started and the run was withheld.
   */
  mayStart(): boolean;
  /** For how long that yes still holds, where starting takes another process. */
  mayStartWithinMs?(): number;
  /** Called once the process exists, before it is awaited, with what identifies it after a crash. */
  onCreated(handle: RunHandle): Promise<void>;
}

/** A path of the host inside a container, as the relay's owner has allowed it. */
export interface Mount {
  source: string;
  target: string;
  readOnly: boolean;
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

/** `reason` is a line for people, where code or signal alone would mislead: memory ran out. */
export type Exit =
  | { kind: "exited"; code: number; reason?: string }
  | { kind: "signalled"; signal: string; reason?: string }
  /** It was started, and nobody can say how it ended. */
  | { kind: "lost"; reason: string }
  | { kind: "not-started"; code: number; reason: string }
  | { kind: "withheld" };
