import type { Duplex } from "node:stream";
import { demultiplex } from "./demultiplex.ts";
import { type HeldSink, type HoldDeps, holdStill } from "./hold-still.ts";
import type { WithoutComplaint } from "./init-complaint.ts";
import { readAhead } from "./read-ahead.ts";

export interface PumpDeps extends Omit<HoldDeps, "ahead"> {
  /** Hears once of a fault of the sink. */
  onFault(): void;
}

export interface Pump {
  /** Resolves when the engine has said everything on this stream, or is gone. */
  read(stream: Duplex): Promise<void>;
  /** To be called before it is ended: it may stand still for the sink's sake. */
  letEnd(): Promise<void>;
  /** Hands on what was held; throws what the sink has thrown. */
  end(code: number | undefined): Promise<string | undefined>;
}

/**
 * Reads a container's output no faster than the sink takes it. After a fault of the sink the rest
 * is thrown away.
 */
export function pumpOutput({ sink, end }: WithoutComplaint, deps: PumpDeps): Pump {
  const faults: unknown[] = [];
  let held: HeldSink | undefined;

  async function give(to: HeldSink, ...piece: Parameters<HeldSink["sink"]>): Promise<void> {
    if (faults.length > 0) return;
    try {
      await to.sink(...piece);
    } catch (error) {
      faults.push(error);
      deps.onFault();
    }
  }

  return {
    async read(stream) {
      const ahead = readAhead(stream);
      const to = holdStill(sink, { ...deps, ahead });
      held = to;
      for await (const piece of demultiplex(ahead.chunks())) {
        await give(to, piece.stream, piece.bytes);
      }
      await to.settled();
    },
    letEnd: async () => held?.letEnd(),
    async end(code) {
      if (faults.length > 0) throw faults[0];
      return end(code);
    },
  };
}
