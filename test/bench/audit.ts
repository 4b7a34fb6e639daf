import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../bot/store/embedded-postgres.ts";
import { migrate } from "../../bot/store/migrate.ts";
import { openStore } from "../../bot/store/pool.ts";
import { defaultWorkspace } from "../../bot/store/workspaces.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { generateKeyPem } from "../../relay/wire/keys.ts";
import { startWriter, type Writer, watchChain } from "../bot/audit/writers.ts";
import { type Figure, quantile } from "./measure.ts";

const WRITERS = 4;
const PER_SECOND = 500;
const SECONDS = 6;
/** What docs/audit.md promises, in milliseconds. */
const PROMISED_MS = 1_000;

/** From an event's commit to its link, with four bots that write and link, on a durable Postgres. */
export async function measureAudit(): Promise<Figure[]> {
  const stage = await openStage();
  try {
    const steady = await lagsOf(stage, stage.writers);
    const stopped = await lagsWhileOneIsStopped(stage);
    const flatOut = await lagsOf(stage, stage.writers, 0);
    return [
      figure("audit", "commit → link, 4 bots at 2,000 events/s together", steady),
      figure("audit/stopped", "the same while the one that links is stopped", stopped),
      figure("audit/full", "as fast as 4 bots can", flatOut),
    ];
  } finally {
    await stage.stop();
  }
}

interface Stage {
  writers: Writer[];
  watch: Awaited<ReturnType<typeof watchChain>>;
  /** Name of the bot that holds the lease. */
  linker(): Promise<string>;
  waitUntilLinked(): Promise<void>;
  stop(): Promise<void>;
}

interface Measured {
  lags: number[];
  perSecond: number;
  slowestWriteMs: number;
}

async function lagsOf(
  stage: Stage,
  writers: readonly Writer[],
  perSecond = PER_SECOND,
): Promise<Measured> {
  const startMs = performance.now();
  const answers = await Promise.all(writers.map((writer) => writer.write(perSecond, SECONDS)));
  const tookS = (performance.now() - startMs) / 1000;
  await stage.waitUntilLinked();
  const written = answers.flatMap((answer) => answer.written);
  return {
    lags: await stage.watch.lags(written),
    perSecond: written.length / tookS,
    slowestWriteMs: Math.max(...answers.map(({ slowestMs }) => slowestMs)),
  };
}

/** It stops in the middle of a transaction, a second after the others have begun to write. */
async function lagsWhileOneIsStopped(stage: Stage): Promise<Measured> {
  const name = await stage.linker();
  const victim = stage.writers.find((writer) => writer.name === name);
  if (!victim) throw new Error("nobody links");
  const others = stage.writers.filter((writer) => writer !== victim);
  const holding = victim.told("holding");
  victim.tell({ order: "hold" });
  await holding;
  const measuring = lagsOf(stage, others, (PER_SECOND * WRITERS) / others.length);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  victim.signal("SIGSTOP");
  const measured = await measuring;
  const released = victim.told("released");
  victim.signal("SIGCONT");
  victim.tell({ order: "release" });
  await released;
  return measured;
}

function figure(id: string, what: string, { lags, perSecond, slowestWriteMs }: Measured): Figure {
  const at = (q: number) => `${quantile(lags, q).toFixed(0)} ms`;
  const worst = lags.reduce((one, other) => Math.max(one, other), 0);
  return {
    id,
    what,
    unit: "ms",
    direction: "≤",
    target: 1,
    floorName: "the second within which an event is to be linked; measured is the longest lag",
    rounds: [{ measured: worst, floor: PROMISED_MS }],
    notes: [
      `${lags.length} events, ${perSecond.toFixed(0)}/s; lag p50 ${at(0.5)}, p99 ${at(0.99)}, max ${worst.toFixed(0)} ms; slowest write ${slowestWriteMs.toFixed(0)} ms`,
    ],
  };
}

async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-audit-bench-"));
  const log = createLogger({ level: "error" });
  const postgres = await startEmbeddedPostgres({ directory: join(folder, "postgres"), log });
  const { ownerUrl, appUrl } = postgres;
  await migrate(ownerUrl, appUrl);
  const store = openStore({ url: appUrl, onError: () => {} });
  const workspaceId = await defaultWorkspace(store);
  const keyPem = generateKeyPem("ed25519");
  const names = Array.from({ length: WRITERS }, (_, index) => `bot-${index + 1}`);
  const setup = { url: appUrl, workspaceId, keyPem, intervalMs: 200 };
  const writers = await Promise.all(names.map((name) => startWriter({ ...setup, name })));
  const watch = await watchChain(ownerUrl);
  const hasUnlinked = async () =>
    store.inWorkspace(workspaceId, async (db) => {
      const { rowCount } = await db.execute("select from audit_unlinked limit 1");
      return rowCount !== 0;
    });
  return {
    writers,
    watch,
    async linker() {
      const { rows } = await store.pool.query<{ owner: string }>("select owner from leases");
      return rows[0]?.owner ?? "";
    },
    async waitUntilLinked() {
      while (await hasUnlinked()) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async stop() {
      await Promise.all(writers.map((writer) => writer.end()));
      await watch.stop();
      await store.stop();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
