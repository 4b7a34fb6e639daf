import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { readPrincipal } from "../../../bot/access/principal.ts";
import { findToken } from "../../../bot/access/tokens.ts";
import { findInvocation } from "../../../bot/api/recorded-invocations.ts";
import { isOutputComplete } from "../../../bot/api/stored-output.ts";
import { recordEvent } from "../../../bot/audit/event.ts";
import { readAuditPage, readLinked } from "../../../bot/audit/read.ts";
import { endInvocation, recordInvocation } from "../../../bot/audit/record.ts";
import {
  findExecution,
  listExecutions,
  outputLengthOf,
  readOutput,
} from "../../../bot/dispatch/executions.ts";
import { sqlExecutions } from "../../../bot/dispatch/sql-executions.ts";
import { startSweep } from "../../../bot/dispatch/sweep.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import { fillWorkspace, nthId } from "../../support/million-rows.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { type Reads, readsOf } from "./reads.ts";
import { OURS } from "./two-workspaces.ts";

/**
 * What the bot says to the database, at a million audit events, as the role that row-level security
 * binds: no table of any size is read through, and no statement reads many rows to give a few.
 */
const EVENTS = 1_000_000;
const EXECUTIONS = 200_000;
const PEOPLE = 20_000;
/** A list of 200 with what belongs to each row. */
const FEW = 2_500;
/** As often as it takes until Postgres no longer plans a prepared statement for its arguments. */
const CALLS = 7;

let database: TestDatabase;
let owner: pg.Client;
let store: Store;
let bot: TestBot;
let workspaceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client(database.ownerUrl);
  await owner.connect();
  // Its parts are needed, its own work would be counted: it has a database of its own.
  bot = await startTestBot();
  store = openStore({ url: database.url, maxConnections: 1, onError: () => {} });
  workspaceId = await defaultWorkspace(store);
  await owner.query("insert into workspaces (id, name) values ($1, 'other')", [OURS]);
  await fillWorkspace(owner, workspaceId, {
    events: EVENTS,
    executions: EXECUTIONS,
    people: PEOPLE,
  });
  await fillWorkspace(owner, OURS, { events: 5_000, executions: 2_000, people: 100 });
  await restAutovacuum();
}, 600_000);

/** While it looks at a table, what was deleted there is read again and again. */
async function restAutovacuum(): Promise<void> {
  const text = "select tablename from pg_tables where schemaname = 'public'";
  const { rows } = await owner.query<{ tablename: string }>(text);
  for (const { tablename } of rows) {
    await owner.query(`alter table ${tablename} set (autovacuum_enabled = off)`);
  }
}

afterAll(async () => {
  await store.stop();
  await owner.end();
  await bot.close();
  await database.drop();
});

/** The nth execution; those of the last hundred are open. */
const key = (n: number) => ({ workspaceId, executionId: nthId(n), attempt: 1 });
/** The nth open execution in one of the four states that they go through in turn. */
const open = (state: number, n: number) =>
  key(EXECUTIONS - 100 + ((state - (EXECUTIONS - 100)) & 3) + 4 * n);
const [QUEUED, OFFERED, STARTED] = [0, 1, 2];
const by = { relayId: nthId(1), epoch: "epoch" };

async function largeReads(work: () => Promise<unknown>): Promise<Record<string, Reads>> {
  const reads = await readsOf(owner, store, work);
  return Object.fromEntries(Object.entries(reads).filter(([, { rows }]) => rows > FEW));
}

function recording(n: number) {
  const id = uuidv7();
  const executionId = uuidv7();
  const spec = JSON.parse(JSON.stringify({ executionId }));
  return {
    workspaceId,
    invocation: {
      id,
      adapter: "console",
      installation: "local",
      channel: "console",
      messageId: `new ${n} ${id}`,
      textMac: "",
      providerUser: "p1",
      decision: "allow" as const,
    },
    execution: {
      id: executionId,
      spec,
      mac: "",
      botId: "bot",
      offerTimeoutMs: 1,
      queueTimeoutMs: 1,
      lostAfterMs: 1,
      mostStarts: 1,
    },
    detail: {},
  };
}

async function sweepOnce(): Promise<void> {
  const { dispatch } = bot;
  const deps = {
    ...dispatch,
    executions: rows(),
    decideOnRelay: async () => () => false,
    intervalMs: 3_600_000,
    silenceMs: 15_000,
  };
  const told = Promise.withResolvers<void>();
  const watcher = { state: () => {}, output: () => {}, ended: () => told.resolve() };
  dispatch.live.watch(nthId(5), watcher);
  const sweep = startSweep({ ...deps, live: { ...dispatch.live, watchedFor: () => [nthId(5)] } });
  await told.promise;
  await sweep.stop();
}

const result = (n: number) => ({
  version: 1 as const,
  executionId: nthId(n),
  attempt: 1,
  epoch: "epoch",
  status: "succeeded" as const,
  exitCode: 0,
  endedAt: "",
  durationMs: 1,
  outputLength: 10,
  outputDigest: "",
  outputCut: false,
});

const rows = () => sqlExecutions(store);

type Work = (n: number) => Promise<unknown>;

const transitions: readonly (readonly [what: string, work: Work])[] = [
  ["records an invocation", (n) => recordInvocation(store, recording(n))],
  [
    "records an event",
    () => recordEvent(store, workspaceId, { kind: "t", method: "system", detail: {} }),
  ],
  ["offers", (n) => rows().offer(open(QUEUED, n), { ...by, botId: "bot" })],
  ["queues again", (n) => rows().requeue(open(OFFERED, n), "refused")],
  ["starts", (n) => rows().start(open(OFFERED, n + 7), by)],
  ["stores output", (n) => rows().storeOutput(key(n + 1), by.relayId, 10, Buffer.alloc(10))],
  ["settles", (n) => rows().settle(workspaceId, by.relayId, result(idIn(STARTED, n)), "jws")],
  ["notes silence", (n) => rows().noteSilence(open(STARTED, n + 7))],
  ["hears relays", () => rows().hear(workspaceId, [`${by.relayId}/epoch`])],
  ["cancels", (n) => rows().requestCancel(open(QUEUED, n + 7), { userId: nthId(1), method: "t" })],
  ["expires", (n) => rows().expire(workspaceId, open(QUEUED, n + 14).executionId)],
  ["ends an invocation", (n) => endInvocation(store, workspaceId, nthId(n + 1), "succeeded")],
  ["keeps a head", (n) => store.call("keep_head", [workspaceId, n + 1, Buffer.alloc(1), "jws"])],
  ["links events", () => store.call("link_events", [workspaceId, "me", 10_000, 500])],
];

function idIn(state: number, n: number): number {
  return Number.parseInt(open(state, n).executionId.slice(-12), 16);
}

const BY_USER = "lists the audit of a user";

const queries: readonly (readonly [what: string, work: Work])[] = [
  ["sweeps, and tells of ends", sweepOnce],
  ["finds an execution", (n) => findExecution(store, workspaceId, nthId(n))],
  ["lists executions", () => listExecutions(store, workspaceId, { limit: 200 })],
  [
    "lists open executions",
    () => listExecutions(store, workspaceId, { onlyOpen: true, limit: 200 }),
  ],
  [
    "finds an execution for a list",
    (n) => listExecutions(store, workspaceId, { id: nthId(n), limit: 1 }),
  ],
  [
    "finds an open execution by its end",
    () =>
      listExecutions(store, workspaceId, {
        onlyOpen: true,
        idEnd: nthId(EXECUTIONS).slice(-6),
        limit: 2,
      }),
  ],
  [
    "lists the executions of an invocation",
    (n) => listExecutions(store, workspaceId, { invocationId: nthId(n), limit: 1 }),
  ],
  [
    "lists the open executions of a user",
    (n) => listExecutions(store, workspaceId, { onlyOpen: true, userId: nthId(n), limit: 200 }),
  ],
  ["lists the audit", () => readAuditPage(store, workspaceId, {}, { limit: 50 })],
  [
    "lists the audit from the middle",
    (n) => readAuditPage(store, workspaceId, {}, { before: nthId(EVENTS / 2 + n), limit: 50 }),
  ],
  [BY_USER, (n) => readAuditPage(store, workspaceId, { user: nthId(n) }, { limit: 50 })],
  [
    "lists the audit of a command",
    () => readAuditPage(store, workspaceId, { command: "demo:echo" }, { limit: 50 }),
  ],
  [
    "lists the audit of an invocation",
    (n) => readAuditPage(store, workspaceId, { invocation: nthId(n) }, { limit: 50 }),
  ],
  ["reads what was linked", (n) => readLinked(store, workspaceId, {}, n)],
  ["reads output", (n) => readOutput(store, key(n), 0)],
  ["reads the length of output", (n) => outputLengthOf(store, key(n))],
  ["sees whether output is complete", (n) => isOutputComplete(store, key(n))],
  [
    "finds an invocation by its id",
    (n) => findInvocation(store, workspaceId, { invocationId: nthId(n) }),
  ],
  [
    "finds an invocation by its message",
    (n) => findInvocation(store, workspaceId, { messageId: `${n}` }),
  ],
  ["finds a token", () => findToken(store, "aldis_nosuch")],
  ["reads a user", (n) => readPrincipal(store, workspaceId, { userId: nthId(n) })],
  [
    "reads an account",
    (n) =>
      readPrincipal(store, workspaceId, {
        adapter: "console",
        installation: "local",
        providerUser: `p${n}`,
      }),
  ],
];

describe("without reading a large table through, the bot", () => {
  test.each([...queries, ...transitions])("%s", async (what, work) => {
    for (let n = 0; n < CALLS - 1; n++) await work(n);

    const reads = await largeReads(() => work(CALLS - 1));
    // Asked for by a person, who may name a user in any of three ways.
    if (what === BY_USER) delete reads.users;
    assert.deepEqual(reads, {});
  });

  test("would be found out if it did", async () => {
    const count = () =>
      store.inWorkspace(workspaceId, (db) => db.execute("select max(jws) from results"));

    const { results } = await largeReads(count);

    assert.ok((results?.rows ?? 0) >= EXECUTIONS - 100);
  });
});
