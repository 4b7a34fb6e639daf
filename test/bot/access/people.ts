import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import { onTestFinished } from "vitest";
import type { Actor } from "../../../bot/access/change.ts";
import { makeFirstAdministrator } from "../../../bot/access/first-administrator.ts";
import { grantRole, type Term } from "../../../bot/access/grants.ts";
import { linkIdentity } from "../../../bot/access/identities.ts";
import type { Done, Outcome } from "../../../bot/access/outcome.ts";
import { SITE_PERMISSIONS } from "../../../bot/access/permissions.ts";
import { readPrincipal } from "../../../bot/access/principal.ts";
import { createRole } from "../../../bot/access/roles.ts";
import { createUser } from "../../../bot/access/users.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { createTestDatabase } from "../../support/postgres.ts";

/** A workspace with its first administrator, on a database of its own. */
export interface People {
  store: Store;
  workspaceId: string;
  /** What may be put into a role. */
  declared: ReadonlySet<string>;
  admin: Actor;
  /** An active user with a console account of their own name. */
  addUser(name: string): Promise<Actor>;
  /** A role of these permissions, which this user then holds. */
  give(user: string, role: string, permissions: readonly string[], term?: Term): Promise<void>;
  permissionsOf(actor: Actor): Promise<string[]>;
  /** Every event about access but those of the first start, oldest first. */
  events(): Promise<Event[]>;
}

export interface Event {
  kind: string;
  object: string;
  actor: string;
  detail: unknown;
}

export async function startPeople(): Promise<People> {
  const database = await createTestDatabase();
  const store = openStore({ url: database.url, onError: () => {} });
  onTestFinished(async () => {
    await store.stop();
    await database.drop();
  });
  const workspaceId = await defaultWorkspace(store);
  const identity = { adapter: "console", installation: "local", providerUser: "root" };
  const first = await makeFirstAdministrator(store, workspaceId, identity);
  const admin = { userId: first?.userId ?? assert.fail("there is a user"), method: "test" };
  const declared = new Set([...Object.keys(SITE_PERMISSIONS), "web:deploy", "web:read"]);

  async function addUser(name: string): Promise<Actor> {
    const { value } = mustBeDone(await createUser(store, workspaceId, { name }, admin));
    const account = { adapter: "console", installation: "local", providerUser: name };
    mustBeDone(await linkIdentity(store, workspaceId, name, account, admin));
    return { userId: value.id, method: "test" };
  }
  async function give(user: string, role: string, permissions: readonly string[], term: Term = {}) {
    const wish = { name: role, description: "", permissions };
    mustBeDone(await createRole(store, workspaceId, wish, declared, admin));
    const grant = { role, to: { user }, term, reason: "" };
    mustBeDone(await grantRole(store, workspaceId, grant, admin));
  }
  async function permissionsOf({ userId }: Actor): Promise<string[]> {
    const { principal } = await readPrincipal(store, workspaceId, { userId });
    return [...(principal?.permissions ?? [])].sort();
  }
  async function events(): Promise<Event[]> {
    const { rows } = await store.inWorkspace(workspaceId, (db) =>
      db.execute<{ kind: string; object: string; actor: string; detail: string }>(sql`
        select e.kind, e.object, e.actor_id as actor, d.detail from audit_events e
        join audit_details d on d.event_id = e.id
        where e.method <> 'system' order by e.at, e.id`),
    );
    return rows.map(({ detail, ...event }) => ({ ...event, detail: JSON.parse(detail) }));
  }
  return { store, workspaceId, declared, admin, addUser, give, permissionsOf, events };
}

export function mustBeDone<T>(outcome: Outcome<T>): Done<T> {
  return outcome.ok ? outcome : assert.fail(outcome.message);
}
