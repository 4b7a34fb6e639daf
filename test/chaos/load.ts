import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { Unreachable } from "../../bot/cli/failure.ts";
import type { Landscape } from "../faults/landscape.ts";
import { markLine, type Printing } from "../faults/marking.ts";
import { withClient } from "../support/postgres-cluster.ts";
import type { Random } from "./random.ts";

export interface Load {
  /** What each execution that a bot has promised was asked to print. */
  readonly said: ReadonlyMap<string, Printing>;
  /** What callers were told that is no promise and no request to try again. */
  readonly faults: readonly string[];
  /** How often a caller has found no bot for so long that it gave up. */
  gaveUp(): number;
  /** Resolves when everything has been said, or `signal` has fired. */
  done: Promise<void>;
}

const CALLERS = 12;
/** More than the relays take at once would wait in the queue for longer than it may. */
const MOST_OPEN = 90;
const LOOK_EVERY_MS = 250;

/** Callers who say line after line, never more than may be open at once. */
export function startLoad(
  land: Landscape,
  executions: number,
  random: Random,
  signal: AbortSignal,
): Load {
  const said = new Map<string, Printing>();
  const faults: string[] = [];
  let left = executions;
  let open = 0;
  let gaveUp = 0;

  async function look(): Promise<void> {
    while (left > 0 && !signal.aborted) {
      open = (await countOpen(land.postgres.ownerUrl)) ?? open;
      await delay(LOOK_EVERY_MS);
    }
  }

  async function call(): Promise<void> {
    while (left > 0 && !signal.aborted) {
      if (open >= MOST_OPEN) {
        await delay(20);
        continue;
      }
      left -= 1;
      open += 1;
      const printing = anyPrinting(random);
      try {
        said.set(await land.caller.say(markLine(printing)), printing);
      } catch (error) {
        if (error instanceof Unreachable) gaveUp += 1;
        else faults.push(error instanceof Error ? error.message : String(error));
      }
    }
  }

  const done = Promise.all([look(), ...Array.from({ length: CALLERS }, call)]).then(() => {});
  return { said, faults, gaveUp: () => gaveUp, done };
}

/** Mostly short, so that there are many; now and then long enough to be met by every trouble. */
function anyPrinting(random: Random): Printing {
  const chance = random.next();
  if (chance < 0.01) return { lines: 20_000, parts: 3, pauseS: 0.5 };
  if (chance < 0.15) return { lines: 400, parts: 4, pauseS: 0.4 };
  return { lines: 3, parts: 1, pauseS: chance < 0.4 ? 0.1 : 0 };
}

/** Undefined while Postgres is away. */
async function countOpen(ownerUrl: string): Promise<number | undefined> {
  const text = `select count(*) as open from executions
    where state in ('queued', 'offered', 'started')`;
  try {
    const { rows } = await withClient(ownerUrl, (client) => client.query(text));
    return z.object({ open: z.coerce.number() }).parse(rows[0]).open;
  } catch {
    return undefined;
  }
}
