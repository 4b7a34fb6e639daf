import { setTimeout as pause } from "node:timers/promises";
import { EngineError } from "./client.ts";
import type { Containers } from "./containers.ts";
import { type Ended, hasEnded } from "./ended.ts";
import type { Listening } from "./listen.ts";

export interface SilenceDeps {
  containers: Containers;
  /** For how long an engine may be gone before what it ran is called lost. */
  goneMs: number;
  /** Its output, which goes on where it runs on. */
  listening: Listening;
  /** Whether it had been asked to end, by an engine that may not have heard. */
  shouldEnd(): boolean;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** The engine said nothing: that is no answer about a container. */
export function isSilence(error: unknown): boolean {
  return error instanceof EngineError && error.status === undefined;
}

/** What has ended since it was looked at is not attached to. */
function lookAgain(error: unknown): void {
  if (!(error instanceof EngineError) || isSilence(error)) throw error;
}

/**
 * The end of a container whose engine has gone while it ran. It is asked after by its id until the
 * engine is back; one that runs on is followed again. Throws what the engine's absence was last
 * noticed by, where that lasts too long.
 */
export async function endAfterSilence(deps: SilenceDeps, id: string): Promise<Ended> {
  const { containers, goneMs, listening } = deps;
  let deadline = performance.now() + goneMs;

  async function look(): Promise<Ended | undefined> {
    const found = await containers.inspect(id);
    if (!found) throw new EngineError("its container is gone", 404);
    const { State } = found;
    if (!hasEnded(found)) {
      if (State.Running || State.Paused) await goOn(State.Paused).catch(lookAgain);
      return undefined;
    }
    await listening.read();
    return { code: State.ExitCode, isOutOfMemory: State.OOMKilled };
  }

  async function goOn(isPaused: boolean): Promise<void> {
    if (isPaused) await containers.unpause(id);
    if (deps.shouldEnd()) await containers.kill(id, "SIGKILL");
    if (!listening.isOpen()) listening.to(await containers.attach(id, false));
    deadline = performance.now() + goneMs;
  }

  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const ended = await look().catch((error: unknown) => {
      if (!isSilence(error) || performance.now() > deadline) throw error;
      return undefined;
    });
    if (ended) return ended;
    if (performance.now() > deadline) throw new EngineError("its container does not go on", 409);
    await pause(pauseMs);
  }
}
