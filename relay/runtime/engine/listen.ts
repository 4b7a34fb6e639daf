import type { Duplex } from "node:stream";
import type { Pump } from "./pump-output.ts";

/** The connection on which a container's output comes: another one, where the engine has gone. */
export interface Listening {
  to(stream: Duplex): void;
  isOpen(): boolean;
  /** Resolves when all that has come is handed on, and no more will. */
  read(): Promise<void>;
  stop(): void;
}

export function listen({ read }: Pick<Pump, "read">): Listening {
  let current: Duplex | undefined;
  let reading: Promise<void> = Promise.resolve();

  return {
    to(stream) {
      current?.destroy();
      current = stream;
      const before = reading;
      reading = before.then(() => read(stream));
      reading.catch(() => {});
    },
    isOpen: () => current !== undefined && !current.readableEnded && !current.destroyed,
    read: () => reading,
    stop: () => void current?.destroy(),
  };
}
