import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { recordInvocation } from "../../../bot/audit/record.ts";
import { sqlExecutions } from "../../../bot/dispatch/sql-executions.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { MemoryDatabase } from "../../model/memory-database.ts";
import { mark } from "../../model/memory-ends.ts";
import { memoryExecutions } from "../../model/memory-executions.ts";
import { record } from "../../model/memory-record.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { executionStoreContract } from "./execution-store.contract.ts";
import type { StoreUnderTest } from "./execution-store-subject.ts";

const KEY = { kty: "OKP" as const, crv: "Ed25519" as const, x: "A".repeat(43) };

let database: TestDatabase;
let store: Store;
let owner: pg.Client;
let sqlStore: StoreUnderTest;

beforeAll(async () => {
  database = await createTestDatabase();
  store = openStore({ url: database.url, onError: () => {} });
  owner = new pg.Client(database.ownerUrl);
  await owner.connect();
  sqlStore = underSql(await defaultWorkspace(store));
});

afterAll(async () => {
  await owner.end();
  await store.stop();
  await database.drop();
});

executionStoreContract("SQL", () => sqlStore);

const memory = underMemory();
executionStoreContract("in memory", () => memory);

function underSql(workspaceId: string): StoreUnderTest {
  return {
    workspaceId,
    executions: sqlExecutions(store),
    record: (execution) =>
      recordInvocation(store, {
        workspaceId,
        invocation: {
          id: execution.spec.invocationId,
          adapter: "console",
          installation: "local",
          channel: "console",
          messageId: execution.id,
          textMac: "",
          providerUser: "root",
          userId: uuidv7(),
          decision: "allow",
        },
        execution,
        detail: {},
      }),
    async enrol({ relayId, epoch }) {
      await owner.query(
        `insert into relays (workspace_id, id, name, hostname, signing_key, sealing_key, epoch)
         values ($1, $2, $2::uuid::text, 'here', $3, $3, $4)`,
        [workspaceId, relayId, JSON.stringify(KEY), epoch],
      );
    },
    async changeRelay(relayId, { epoch, state }) {
      await owner.query(
        "update relays set epoch = coalesce($2, epoch), state = coalesce($3, state) where id = $1",
        [relayId, epoch ?? null, state ?? null],
      );
    },
    async events(executionId) {
      const { rows } = await owner.query<{ kind: string }>(
        `select kind from audit_events where execution_id = $1 or kind = 'invocation.ended'
           and invocation_id = (select invocation_id from executions where id = $1) order by at`,
        [executionId],
      );
      return rows.map(({ kind }) => kind);
    },
    async age(ms) {
      await owner.query(
        `update executions set silent_since = silent_since - $1 * interval '1 millisecond',
           queued_at = queued_at - $1 * interval '1 millisecond',
           offered_at = offered_at - $1 * interval '1 millisecond'`,
        [ms],
      );
    },
    async mark(executionId, outcome) {
      const args = [workspaceId, executionId, uuidv7(), "test", outcome, null];
      const found = await store.call("mark_execution", args);
      return typeof found === "string" ? found : undefined;
    },
  };
}

function underMemory(): StoreUnderTest {
  const workspaceId = uuidv7();
  let nowMs = 0;
  const db = new MemoryDatabase({ workspaceId, nowMs: () => nowMs });
  return {
    workspaceId,
    executions: memoryExecutions(db),
    record: async (execution) => record(db, execution, uuidv7()),
    async enrol({ relayId, epoch }) {
      db.relays.set(relayId, {
        workspaceId,
        id: relayId,
        name: relayId,
        hostname: "here",
        tags: {},
        signingKey: KEY,
        previousSigningKey: null,
        previousSigningKeyUntil: null,
        keysChangedAt: null,
        isGenuine: true,
        state: "active",
        epoch,
        draining: false,
      });
    },
    async changeRelay(relayId, change) {
      const relay = db.relays.get(relayId);
      if (relay) db.relays.set(relayId, { ...relay, ...change });
    },
    events: async (executionId) => db.eventsOf(executionId).map(({ kind }) => kind),
    async age(ms) {
      nowMs += ms;
    },
    mark: async (executionId, outcome) => mark(db, executionId, outcome),
  };
}
