import { request as httpRequest } from "node:http";
import { Registry } from "prom-client";
import { onTestFinished } from "vitest";
import { makeFirstAdministrator } from "../../../bot/access/first-administrator.ts";
import { issueToken } from "../../../bot/access/tokens.ts";
import { buildApp } from "../../../bot/api/app.ts";
import type { ApiDeps } from "../../../bot/api/deps.ts";
import { loadBuiltIn } from "../../../bot/bundles/built-in.ts";
import type { DispatchDeps } from "../../../bot/dispatch/dispatch.ts";
import { createLive } from "../../../bot/dispatch/live.ts";
import { createOffers } from "../../../bot/dispatch/offers.ts";
import { createRefusals } from "../../../bot/dispatch/refusals.ts";
import { sqlExecutions } from "../../../bot/dispatch/sql-executions.ts";
import { createBuiltIns } from "../../../bot/invocation/built-ins.ts";
import { startIntake } from "../../../bot/invocation/intake.ts";
import { createViews } from "../../../bot/invocation/view.ts";
import { sqlRelays } from "../../../bot/relays/enrolled.ts";
import { holdKeyList } from "../../../bot/relays/held-key-list.ts";
import { ensureKeyList } from "../../../bot/relays/key-lists.ts";
import { startRegistry } from "../../../bot/relays/registry.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { users } from "../../../bot/store/schema.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { systemClock } from "../../../relay/process/clock.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { createMemoryBus } from "../../../relay/process/memory-bus.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { generateKeyPem, readSigningKey } from "../../../relay/wire/keys.ts";
import { createTestDatabase } from "../../support/postgres.ts";

/** A bot as far as the API needs one: everything real but a relay. */
export interface TestApi {
  deps: ApiDeps;
  app: Awaited<ReturnType<typeof buildApp>>["app"];
  routes: Awaited<ReturnType<typeof buildApp>>["routes"];
  store: Store;
  workspaceId: string;
  /** What was logged, as parsed JSON lines. */
  logged: Record<string, unknown>[];
  admin: TestUser;
  /** A user who holds nothing. */
  addUser(name: string): Promise<TestUser>;
}

export interface TestUser {
  userId: string;
  token: string;
  headers: { authorization: string };
}

export async function startTestApi(changes: Partial<ApiDeps> = {}): Promise<TestApi> {
  const database = await createTestDatabase();
  const store = openStore({ url: database.url, onError: () => {} });
  const workspaceId = await defaultWorkspace(store);
  const logged: Record<string, unknown>[] = [];
  const log = createLogger({
    level: "info",
    destination: { write: (line: string) => void logged.push(JSON.parse(line)) },
  });
  const { dispatch, keyLists, stopDispatch } = await startDispatch(store, log);
  const views = createViews({ ...dispatch, builtIn: await loadBuiltIn(), onUnreadable: () => {} });
  const now = () => new Date();
  const builtIns = createBuiltIns({ views, dispatch, now });
  const intake = startIntake({ views, dispatch, builtIns, now }, log);
  const deps: ApiDeps = {
    address: { host: "127.0.0.1", port: 0 },
    handle: intake.take,
    views,
    dispatch,
    authorityFingerprint: keyLists.current().authority,
    keyLists,
    natsUrlForRelays: "nats://127.0.0.1:4222",
    metrics: new Registry(),
    readiness: async () => ({ database: true, bus: true }),
    log,
    version: "1.2.3",
    ...changes,
  };
  const { app, routes } = await buildApp(deps);
  onTestFinished(async () => {
    await app.close();
    await stopDispatch();
    // A test may have stopped it.
    await store.stop().catch(() => {});
    await database.drop();
  });

  async function withToken(userId: string): Promise<TestUser> {
    const token = await issueToken(store, workspaceId, userId, "test");
    return { userId, token, headers: { authorization: `Bearer ${token}` } };
  }
  async function addUser(name: string): Promise<TestUser> {
    const id = uuidv7();
    await store.inWorkspace(workspaceId, (db) =>
      db.insert(users).values({ workspaceId, id, name }),
    );
    return withToken(id);
  }
  const made = await makeFirstAdministrator(store, workspaceId, undefined);
  if (!made) throw new Error("the workspace has users already");
  const admin = await withToken(made.userId);
  return { deps, app, routes, store, workspaceId, logged, admin, addUser };
}

async function startDispatch(store: Store, log: ApiDeps["log"]) {
  const bus = createMemoryBus().connect({ onError: () => {} });
  const key = readSigningKey(generateKeyPem("ed25519"));
  const authority = readSigningKey(generateKeyPem("ed25519"));
  const macKey = Buffer.alloc(32, 7);
  const keys = { signing: key, authority, mac: macKey, made: [] };
  const keyLists = holdKeyList({ store, keys, log }, await ensureKeyList(store, keys));
  const botId = "test-bot";
  const clock = systemClock;
  const registry = await startRegistry({
    relays: sqlRelays(store, macKey),
    clock,
    refused: () => {},
    bus,
    key,
    botId,
    keyList: keyLists.current,
    silenceMs: 15_000,
    log,
  });
  const dispatch: DispatchDeps = {
    store,
    executions: sqlExecutions(store),
    bus,
    registry,
    live: createLive(clock),
    offers: createOffers({ bus, key, botId, clock, refused: () => {} }),
    clock,
    onQueued: () => {},
    refused: () => {},
    key,
    macKey,
    botId,
    hearsSinceMs: () => 0,
    auditHead: () => undefined,
    refusals: createRefusals(clock),
    log,
  };
  const stopDispatch = async () => {
    registry.stop();
    await bus.stop();
  };
  return { dispatch, keyLists, stopDispatch };
}

/** A bundle whose one command anybody may run; no relay takes it, so it stays queued. */
export const BUNDLE = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: For tests.
permissions: [deploy]
commands:
  show:
    description: Shows.
    executable: [/bin/echo]
    native: true
    rules: [allow]
  deploy:
    executable: [/bin/true]
    native: true
    options: { force: { type: bool, short: f, description: Even so } }
    rules: [must have web:deploy]
`;

export async function installTestBundle({ app, admin }: TestApi): Promise<void> {
  const { headers } = admin;
  await app.inject({
    method: "POST",
    url: "/api/v1/bundles",
    headers,
    payload: { source: BUNDLE },
  });
  await app.inject({ method: "POST", url: "/api/v1/bundles/web/enable", headers, payload: {} });
}

/** Something that hangs up before the answer has ended. */
export function openStream(
  url: string,
  headers: Record<string, string>,
): Promise<{ read(): Promise<string>; hangUp(): void }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers }, (response) => {
      response.setEncoding("utf8");
      const chunks = response[Symbol.asyncIterator]();
      resolve({
        read: async () => String((await chunks.next()).value ?? ""),
        hangUp: () => request.destroy(),
      });
    });
    request.on("error", reject);
    request.end();
  });
}
