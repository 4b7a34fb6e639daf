import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAuditPage } from "../../bot/audit/read.ts";
import { startEmbeddedPostgres } from "../../bot/store/embedded-postgres.ts";
import { migrate } from "../../bot/store/migrate.ts";
import { openStore, type Store } from "../../bot/store/pool.ts";
import { defaultWorkspace } from "../../bot/store/workspaces.ts";
import { createCleanup } from "../../relay/process/cleanup.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { fillEvents, nthId } from "../support/million-rows.ts";
import { onDatabase, withClient } from "../support/postgres-cluster.ts";
import { type Figure, median, ROUNDS, type Round, timed } from "./measure.ts";

const FEW = 10_000;
/** ALDIS_BENCH_EVENTS=10000000 measures what the target asks for; it takes minutes to fill. */
const MANY = Number(process.env.ALDIS_BENCH_EVENTS ?? 1_000_000);
const PAGE = 50;
const PAGES = 40;
/** A page within 2 ms is good enough, whatever a small one takes: the target is twice the floor. */
const LEAST_FLOOR_MS = 1;

interface Audit {
  store: Store;
  workspaceId: string;
  events: number;
}

/** A page of the audit's list: the newest, and one from the middle, among few events and many. */
export async function measureP7(): Promise<Figure[]> {
  const cleanup = createCleanup();
  const directory = await mkdtemp(join(tmpdir(), "aldis-bench-"));
  cleanup.add("directory", () => rm(directory, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({
    directory: join(directory, "postgres"),
    log: createLogger({ level: "error" }),
    settings: { fsync: "off", max_wal_size: "4GB", maintenance_work_mem: "512MB" },
  });
  cleanup.add("postgres", () => postgres.stop());
  try {
    const open = async (events: number): Promise<Audit> => {
      const audit = await openAudit(postgres, events);
      cleanup.add(`store of ${events}`, () => audit.store.stop());
      return audit;
    };
    const [few, many] = [await open(FEW), await open(MANY)];
    return [
      await measure("P7/list", "the newest page", few, many, () => undefined),
      await measure("P7/middle", "a page from the middle", few, many, (events) =>
        nthId(events / 2),
      ),
    ];
  } finally {
    await cleanup.stop();
  }
}

async function openAudit(
  { ownerUrl, appUrl }: { ownerUrl: string; appUrl: string },
  events: number,
): Promise<Audit> {
  const name = `events_${events}`;
  await withClient(ownerUrl, (owner) => owner.query(`create database ${name}`));
  await migrate(onDatabase(ownerUrl, name), onDatabase(appUrl, name));
  const store = openStore({ url: onDatabase(appUrl, name), onError: () => {} });
  const workspaceId = await defaultWorkspace(store);
  await withClient(onDatabase(ownerUrl, name), async (owner) => {
    await fillEvents(owner, workspaceId, events);
    await owner.query("vacuum audit_events");
  });
  return { store, workspaceId, events };
}

async function measure(
  id: string,
  what: string,
  few: Audit,
  many: Audit,
  before: (events: number) => string | undefined,
): Promise<Figure> {
  const page = ({ store, workspaceId, events }: Audit) =>
    timed(() => readAuditPage(store, workspaceId, {}, { before: before(events), limit: PAGE }));
  await page(few);
  await page(many);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const ofFew: number[] = [];
    const ofMany: number[] = [];
    for (let count = 0; count < PAGES; count++) {
      ofFew.push(await page(few));
      ofMany.push(await page(many));
    }
    rounds.push({ measured: median(ofMany), floor: Math.max(LEAST_FLOOR_MS, median(ofFew)) });
  }
  const floorName = `the same page among ${FEW} events, or ${LEAST_FLOOR_MS} ms`;
  const notes = [`${many.events} events; ALDIS_BENCH_EVENTS sets another number`];
  return { id, what, unit: "ms", direction: "≤", target: 2, floorName, rounds, notes };
}
