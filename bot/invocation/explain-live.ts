import { eq, sql } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { findNamed } from "../access/find-named.ts";
import { type PermissionPaths, pathsTo, readAccessManagers } from "../access/grant-paths.ts";
import type { Refusal } from "../access/outcome.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { users } from "../store/schema.ts";
import { callersPart } from "./callers-part.ts";
import { type Explanation, explain } from "./explain.ts";
import type { Message } from "./message.ts";
import { nameOf } from "./resolve.ts";
import type { View, Views } from "./view.ts";
import { MOST_NAMES, othersThan } from "./whom-to-ask.ts";

/** A line, and whose it would be. */
export interface ExplainWish {
  workspaceId: string;
  user: string;
  text: string;
  adapter: string;
  channel: string;
  /** The relay that it would run on, with its tags. */
  relay: { name: string; tags: Readonly<Record<string, string>> } | undefined;
  /** Whether whoever asks may see the operators' rules; else they see what is their own to see. */
  seesAll: boolean;
}

export interface Explained {
  ok: true;
  explanation: Explanation;
  isSuspended: boolean;
  paths: readonly PermissionPaths[];
  /** Who may give what is missing. */
  ask: readonly string[];
}

export interface ExplainDeps {
  store: Store;
  views: Views;
  now(): Date;
}

/**
 * Explains a decision about a user on what holds at this moment, as an invocation of theirs would
 * find it, and records that it was asked.
 */
export async function explainLive(
  deps: ExplainDeps,
  wish: ExplainWish,
  asker: { userId: string; method: string },
): Promise<Explained | Refusal> {
  const { store, views } = deps;
  const { workspaceId } = wish;
  for (;;) {
    const user = await store.inWorkspace(workspaceId, (db) => findUser(db, wish.user));
    if (!user.ok) return user;
    const view = await views.read(workspaceId, { userId: user.id });
    const now = deps.now();
    const whole = explain(view, messageOf(wish, user.id, now), wish.relay?.tags ?? null, now);
    const explanation = wish.seesAll ? whole : callersPart(whole);
    const found = await store.inWorkspace(workspaceId, async (db) => {
      await db.execute(sql`set transaction isolation level repeatable read`);
      if (!(await isCurrent(db, view))) return undefined;
      const paths = await pathsTo(db, user.id, explanation.permissions);
      const managers = await readAccessManagers(db, MOST_NAMES + 1);
      await record(db, wish, whole, asker);
      return { paths, ask: othersThan(wish.user, managers) };
    });
    if (found) return { ok: true, explanation, isSuspended: user.isSuspended, ...found };
    // Who may do what has changed since the view was read.
    views.forget(workspaceId);
  }
}

async function findUser(db: Database, name: string) {
  const found = await findNamed(db, "user", name);
  if (!found.ok) return found;
  const { id } = found.value;
  const [user] = await db.select({ state: users.state }).from(users).where(eq(users.id, id));
  return { ok: true as const, id, isSuspended: user?.state === "suspended" };
}

function messageOf(wish: ExplainWish, userId: string, now: Date): Message {
  const { workspaceId, adapter, channel, text } = wish;
  return {
    workspaceId,
    adapter,
    installation: "",
    channel,
    messageId: uuidv7(),
    text,
    saidAt: now,
    caller: { userId },
    isDirect: true,
    mentions: [],
  };
}

/** By the same two conditions under which an invocation is recorded. */
async function isCurrent(db: Database, { workspaceId, accessVersion, caller }: View) {
  const goodUntil = caller?.goodUntil ?? null;
  const { rows } = await db.execute<{ current: boolean }>(sql`
    select access_version = ${accessVersion}
      and coalesce(${goodUntil}::timestamptz > clock_timestamp(), true) as current
    from workspaces where id = ${workspaceId}`);
  return rows[0]?.current ?? false;
}

async function record(
  db: Database,
  { workspaceId, user, adapter, channel, relay }: ExplainWish,
  { text, decision, target, trial }: Explanation,
  asker: { userId: string; method: string },
): Promise<void> {
  await appendEvent(db, workspaceId, {
    kind: "rules.explained",
    method: asker.method,
    actorId: asker.userId,
    object: `user:${user}`,
    outcome: decision,
    detail: {
      text,
      command: target && nameOf(target),
      adapter,
      channel,
      relay: relay?.name,
      decision: trial?.decision,
    },
  });
}
