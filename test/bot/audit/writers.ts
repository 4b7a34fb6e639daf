import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { type Order, type Setup, Told } from "./writer-orders.ts";

/** A process that writes events and links them. */
export interface Writer {
  name: string;
  tell(order: Order): void;
  told<Kind extends Told["told"]>(kind: Kind): Promise<Extract<Told, { told: Kind }>>;
  /** Writes, and resolves to when each event was committed. */
  write(perSecond: number, seconds: number): Promise<Extract<Told, { told: "written" }>>;
  signal(signal: NodeJS.Signals): void;
  end(): Promise<void>;
}

export async function startWriter(setup: Setup): Promise<Writer> {
  const program = join(import.meta.dirname, "writer-process.ts");
  const child = fork(program, [JSON.stringify(setup)], { execArgv: [] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const writer: Writer = {
    name: setup.name,
    tell: (order) => void child.send(order),
    told: (kind) => nextTold(child, kind),
    write(perSecond, seconds) {
      const answer = writer.told("written");
      writer.tell({ order: "write", perSecond, seconds });
      return answer;
    },
    signal: (signal) => void child.kill(signal),
    async end() {
      kill();
      await ended;
      process.off("exit", kill);
    },
  };
  await writer.told("ready");
  return writer;
}

function nextTold<Kind extends Told["told"]>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<Told, { told: Kind }>> {
  const isWanted = (told: Told): told is Extract<Told, { told: Kind }> => told.told === kind;
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error(`the writer ended before it was ${kind}`));
    const onMessage = (message: unknown) => {
      const told = Told.parse(message);
      if (!isWanted(told)) return;
      child.off("message", onMessage);
      child.off("exit", onExit);
      resolve(told);
    };
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}

/** Notes when each number of the chain came about, to some milliseconds. */
export interface ChainWatch {
  /** Milliseconds from commit to link of each of these events; throws where one was not linked. */
  lags(written: readonly (readonly [id: string, committedAtMs: number])[]): Promise<number[]>;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 5;

export async function watchChain(ownerUrl: string): Promise<ChainWatch> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  const seen: { number: number; atMs: number }[] = [];
  let isStopping = false;

  async function look(): Promise<void> {
    while (!isStopping) {
      const { rows } = await client.query<{ number: string }>(
        "select coalesce(max(number), 0) as number from audit_chain",
      );
      const number = Number(rows[0]?.number ?? 0);
      if (number > (seen.at(-1)?.number ?? 0)) seen.push({ number, atMs: Date.now() });
      await pause(LOOK_EVERY_MS);
    }
  }

  const looking = look();
  return {
    async lags(written) {
      const { rows } = await client.query<{ event_id: string; number: string }>(
        "select event_id, number from audit_chain",
      );
      const numbers = new Map(rows.map(({ event_id, number }) => [event_id, Number(number)]));
      // What was just linked is seen at the next look.
      while ((seen.at(-1)?.number ?? 0) < rows.length) await pause(LOOK_EVERY_MS);
      return written.map(([id, committedAtMs]) => {
        const number = numbers.get(id) ?? Number.POSITIVE_INFINITY;
        return Math.max(0, momentOf(number) - committedAtMs);
      });
    },
    async stop() {
      isStopping = true;
      await looking;
      await client.end();
    },
  };

  function momentOf(number: number): number {
    let [low, high] = [0, seen.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((seen[middle]?.number ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    const found = seen[low];
    if (!found) throw new Error(`number ${number} was never linked`);
    return found.atMs;
  }
}
