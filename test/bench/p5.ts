import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { waitForRelay } from "../../bot/cli/up/wait-for-relay.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { generateKeyPem, readSigningKey } from "../../relay/wire/keys.ts";
import { vouchForAll } from "../support/enrolled.ts";
import { cpuMsOf } from "./cpu.ts";
import { type Figure, ROUNDS, type Round } from "./measure.ts";
import { NOOP } from "./noop-bundle.ts";
import { openStage, type Stage } from "./stage.ts";

const SPAN_MS = 5_000;
const SHARE = 0.05;

/** What announcing itself costs the bot: 1,000 relays, and the growth to 5,000. */
export async function measureP5(): Promise<Figure[]> {
  const stage = await openStage(NOOP);
  try {
    const idle = await shareOf(SPAN_MS);
    const figures: Figure[] = [];
    for (const count of [1_000, 5_000]) {
      const herd = await startHerd(stage, count);
      const writesBefore = await writes(stage);
      const rounds: Round[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        rounds.push({ measured: (await shareOf(SPAN_MS)) - idle, floor: 1 });
      }
      const written = (await writes(stage)) - writesBefore;
      herd.kill();
      await once(herd, "exit");
      figures.push({
        id: count === 1_000 ? "P5" : "P5/5000",
        what: `presence of ${count} relays, share of a core`,
        unit: "cores",
        direction: "≤",
        target: count === 1_000 ? SHARE : SHARE * 5,
        floorName: "one core; the bot's own rest without relays is taken off",
        rounds,
        notes: [`${written} rows of relays written in ${ROUNDS} spans of ${SPAN_MS / 1000} s`],
      });
    }
    return figures;
  } finally {
    await stage.stop();
  }
}

/** How much of a core this process, the bot, has used. */
async function shareOf(spanMs: number): Promise<number> {
  const before = cpuMsOf(process.pid);
  const startMs = performance.now();
  await pause(spanMs);
  return (cpuMsOf(process.pid) - before) / (performance.now() - startMs);
}

async function writes({ bot }: Stage): Promise<number> {
  const { rows } = await bot.store.pool.query<{ changed: string }>(
    "select coalesce(sum(n_tup_ins + n_tup_upd), 0) as changed from pg_stat_user_tables where relname in ('relays', 'executions')",
  );
  return Number(rows[0]?.changed);
}

/** So many relays, enrolled by hand with one key, in one process that announces them all. */
async function startHerd({ bot, natsUrl }: Stage, count: number) {
  const pem = generateKeyPem("ed25519");
  const key = JSON.stringify(readSigningKey(pem).publicJwk);
  const ids = Array.from({ length: count }, () => uuidv7());
  await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db.execute(sql`
      insert into relays (workspace_id, id, name, hostname, tags, signing_key, sealing_key)
      select ${bot.workspaceId}, id, 'herd-' || id, 'bench', '{"role":"web"}', ${key}, ${key}
      from unnest(${sql.param(ids)}::uuid[]) id`),
  );
  await vouchForAll(bot.dispatch, bot.workspaceId);
  await bot.dispatch.registry.refresh();
  const herd = fork(join(import.meta.dirname, "herd.ts"), [natsUrl], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  herd.send({ pem, ids });
  await waitForRelay(bot.dispatch.registry, ids.at(-1) ?? "", 120_000);
  return herd;
}
