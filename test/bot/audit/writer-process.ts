import { recordEvent } from "../../../bot/audit/event.ts";
import { startSequencer } from "../../../bot/audit/sequencer.ts";
import { openStore } from "../../../bot/store/pool.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { readSigningKey } from "../../../relay/wire/keys.ts";
import { type Order, Setup, type Told } from "./writer-orders.ts";

// A bot as far as the audit goes: it writes events by its own pool, and links them like the others.

const setup = Setup.parse(JSON.parse(process.argv[2] ?? ""));
const { url, workspaceId, name } = setup;
const store = openStore({ url, onError: () => {} });
const sequencer = startSequencer({
  store,
  key: readSigningKey(setup.keyPem),
  // All writers have one key, so that none is looked for on a list.
  authority: "",
  botId: name,
  intervalMs: setup.intervalMs,
  log: createLogger({ level: "error" }),
});
const written: [id: string, committedAtMs: number][] = [];
let slowestMs = 0;

async function writeOne(): Promise<void> {
  const event = { kind: "test.written", actor: undefined, method: "system" };
  const startMs = performance.now();
  const id = await store.call("record_event", [workspaceId, JSON.stringify(event), "{}"]);
  written.push([String(id), Date.now()]);
  slowestMs = Math.max(slowestMs, performance.now() - startMs);
}

const TICK_MS = 10;
const MOST_AT_ONCE = 40;

/** At a pace, whatever each write takes; or, with no pace, as fast as ten connections go. */
async function write(perSecond: number, seconds: number): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  if (perSecond === 0) {
    const flatOut = async () => {
      while (performance.now() < endMs) await writeOne();
    };
    await Promise.all(Array.from({ length: 10 }, flatOut));
    return;
  }
  const writing = new Set<Promise<void>>();
  let begun = 0;
  const startMs = performance.now();
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(
        perSecond * seconds,
        Math.floor(((performance.now() - startMs) * perSecond) / 1000),
      );
      // Beyond that the database is slower than the pace, which the count then shows.
      for (; begun < due && writing.size < MOST_AT_ONCE; begun++) {
        const one = writeOne();
        writing.add(one);
        one.finally(() => writing.delete(one)).catch(() => {});
      }
      if (performance.now() < endMs) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(writing);
}

/** Leaves a transaction open that has written an event, until it is told to go on. */
async function hold(): Promise<void> {
  await store.inWorkspace(workspaceId, async (db) => {
    const fields = JSON.stringify({ kind: "test.held", method: "system" });
    await db.execute(`select append_event('${workspaceId}', '${fields}', '{}')`);
    tell({ told: "holding" });
    await new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  tell({ told: "released" });
}

let release: () => void = () => {};

function tell(told: Told): void {
  process.send?.(told);
}

async function obey(order: Order): Promise<void> {
  if (order.order === "write") {
    slowestMs = 0;
    await write(order.perSecond, order.seconds);
    tell({ told: "written", written: written.splice(0), slowestMs });
  }
  if (order.order === "hold") await hold();
  if (order.order === "release") release();
  if (order.order === "stop") {
    await sequencer.stop();
    await store.stop();
    process.disconnect();
  }
}

process.on("message", (order: Order) => void obey(order));
await recordEvent(store, workspaceId, { kind: "test.started", method: "system", detail: { name } });
tell({ told: "ready" });
