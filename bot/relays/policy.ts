import { eq } from "drizzle-orm";
import {
  anyRelay,
  mergeSelectors,
  parseSelector,
  printSelector,
  Selector,
} from "../../relay/wire/selector.ts";
import { type Actor, type Change, changeAccess, recorded } from "../access/change.ts";
import { asItWas, type Outcome } from "../access/outcome.ts";
import type { Database, Store } from "../store/pool.ts";
import { relayPolicies, users } from "../store/schema.ts";

/**
 * What a workspace asks of every relay that takes its work, whatever bundles ask for: by bundle, and
 * by the empty name for all of them.
 */
export type Policies = ReadonlyMap<string, Selector>;

export const EVERY_BUNDLE = "";

export interface PolicyItem {
  bundle: string;
  selector: string;
  changedBy: string | null;
  changedAt: Date;
}

export type SelectorReading = { ok: true; selector: Selector } | { ok: false; message: string };

/** Reads a selector that a person wrote; what is wrong with it is one line with its place. */
export function readSelector(text: string): SelectorReading {
  const parsed = parseSelector(text);
  if (!parsed.ok) {
    const place = `at character ${parsed.position + 1}`;
    return { ok: false, message: `the selector is not valid ${place}: ${parsed.message}` };
  }
  if (Selector.safeParse(parsed.selector).success) return parsed;
  const message = "the selector is too long: a value has at most 255 characters, a tag 1024 values";
  return { ok: false, message };
}

/** The same for a policy, which keeps relays out and prefers none. */
export function readPolicy(text: string): SelectorReading {
  const read = readSelector(text);
  if (!read.ok) return read;
  if (Object.keys(read.selector.preferred).length > 0) {
    return { ok: false, message: "a policy prefers no relay: leave out what begins with ~" };
  }
  if (printSelector(read.selector) !== "") return read;
  return { ok: false, message: "a policy asks for something: relay policy clear removes it" };
}

/** What relays must match for this bundle: the workspace's policy and that of the bundle, both. */
export function policyFor(policies: Policies, bundle: string): Selector {
  const ofAll = policies.get(EVERY_BUNDLE) ?? anyRelay();
  const own = bundle === EVERY_BUNDLE ? undefined : policies.get(bundle);
  return own ? mergeSelectors(ofAll, own) : ofAll;
}

/** As decisions need them. With one that cannot be read nothing runs: whom it kept out is not known. */
export async function readPolicies(
  db: Database,
  onUnreadable: (bundle: string, message: string) => void,
): Promise<Policies> {
  const rows = await db
    .select({ bundle: relayPolicies.bundle, text: relayPolicies.selector })
    .from(relayPolicies)
    .orderBy(relayPolicies.bundle);
  return new Map(
    rows.map(({ bundle, text }) => {
      const read = readPolicy(text);
      if (!read.ok) onUnreadable(bundle, read.message);
      return [bundle, read.ok ? read.selector : NO_RELAY];
    }),
  );
}

const NO_RELAY: Selector = { ...anyRelay(), tags: { "readable-policy": [] } };

export function listPolicies(store: Store, workspaceId: string): Promise<PolicyItem[]> {
  return store.inWorkspace(workspaceId, (db) =>
    db
      .select({
        bundle: relayPolicies.bundle,
        selector: relayPolicies.selector,
        changedBy: users.name,
        changedAt: relayPolicies.changedAt,
      })
      .from(relayPolicies)
      .leftJoin(users, eq(users.id, relayPolicies.changedBy))
      .orderBy(relayPolicies.bundle),
  );
}

/** Sets it in place of the one before, or, without a selector, clears it; recorded with both. */
export function changePolicy(
  store: Store,
  workspaceId: string,
  { bundle, selector }: { bundle: string; selector: Selector | undefined },
  actor: Actor,
): Promise<Outcome<void>> {
  const text = selector && printSelector(selector);
  return changeAccess(
    store,
    workspaceId,
    actor,
    async (change) => {
      const before = await findPolicy(change.db, bundle);
      if (before === text) return asItWas(undefined);
      await write(change, bundle, text);
      const object = bundle === EVERY_BUNDLE ? "relay-policy" : `relay-policy:${bundle}`;
      const kind = text === undefined ? "relay.policy-cleared" : "relay.policy-set";
      const values = { before: before ?? null, after: text ?? null };
      return recorded(change, { kind, object, ...values }, undefined);
    },
    "site:relays-manage",
  );
}

async function findPolicy(db: Database, bundle: string): Promise<string | undefined> {
  const [found] = await db
    .select({ selector: relayPolicies.selector })
    .from(relayPolicies)
    .where(eq(relayPolicies.bundle, bundle));
  return found?.selector;
}

async function write(
  { db, workspaceId, actor }: Change,
  bundle: string,
  selector: string | undefined,
): Promise<void> {
  if (selector === undefined) {
    await db.delete(relayPolicies).where(eq(relayPolicies.bundle, bundle));
    return;
  }
  const row = { selector, changedBy: actor.userId, changedAt: new Date() };
  await db
    .insert(relayPolicies)
    .values({ workspaceId, bundle, ...row })
    .onConflictDoUpdate({ target: [relayPolicies.workspaceId, relayPolicies.bundle], set: row });
}
