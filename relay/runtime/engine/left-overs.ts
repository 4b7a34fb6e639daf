import type { Logger } from "../../process/logger.ts";

/** Containers that could not be removed when it was time, because the engine did not answer. */
export interface LeftOvers {
  add(id: string, why: unknown): void;
  stop(): void;
}

export interface LeftOversDeps {
  remove(id: string): Promise<void>;
  log?: Logger | undefined;
  retryMs: number;
}

/** Tries again and again, until all are gone or this life of the relay is over. */
export function leftOvers({ remove, log, retryMs }: LeftOversDeps): LeftOvers {
  const ids = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function removeAll(): Promise<void> {
    for (const id of ids) {
      if (!(await isRemoved(id))) break;
      ids.delete(id);
      log?.info({ container: id }, "a left-over container is removed");
    }
    timer = undefined;
    if (ids.size > 0) tryLater();
  }

  function isRemoved(id: string): Promise<boolean> {
    return remove(id).then(
      () => true,
      () => false,
    );
  }

  function tryLater(): void {
    if (isStopped) return;
    timer ??= setTimeout(() => void removeAll(), retryMs).unref();
  }

  return {
    add(id, why) {
      log?.warn({ container: id, err: why }, "a container is left: its removal is tried again");
      ids.add(id);
      tryLater();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
