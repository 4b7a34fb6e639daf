import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Logger } from "pino";
import type { BusMessage, MessageBus, Subscription } from "../../relay/process/bus.ts";
import { fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { type PublicJwk, readVerifyingKey, thumbprint } from "../../relay/wire/keys.ts";
import { type EnrolAnswer, EnrolRequest } from "../../relay/wire/messages.ts";
import { BOTS_QUEUE, ENROL } from "../../relay/wire/subjects.ts";
import { hashToken } from "../access/tokens.ts";
import { appendEvent } from "../audit/event.ts";
import type { Store } from "../store/pool.ts";
import { joinTokens, relays, tokenLookup } from "../store/schema.ts";

const VALID_FOR_MS = 24 * 3_600_000;

export interface NewRelay {
  workspaceId: string;
  name: string;
  tags: Record<string, string>;
  createdBy?: string | undefined;
}

/** A single-use token for one relay; only its hash is kept. */
export async function issueJoinToken(store: Store, relay: NewRelay): Promise<string> {
  const token = randomBytes(32).toString("base64url");
  const hash = hashToken(token);
  await store.inWorkspace(relay.workspaceId, async (db) => {
    await db.insert(tokenLookup).values({ hash, workspaceId: relay.workspaceId });
    await db.insert(joinTokens).values({
      workspaceId: relay.workspaceId,
      hash,
      name: relay.name,
      tags: relay.tags,
      createdBy: relay.createdBy,
      expiresAt: new Date(Date.now() + VALID_FOR_MS),
    });
    await appendEvent(db, relay.workspaceId, {
      kind: "relay.join-token-issued",
      method: "api",
      actorId: relay.createdBy,
      object: `relay:${relay.name}`,
      detail: { name: relay.name, tags: relay.tags },
    });
  });
  return token;
}

export interface EnrolDeps {
  store: Store;
  bus: MessageBus;
  log: Logger;
  keyList(): string;
  onEnrolled(): Promise<void>;
}

/** Answers newcomers: same token and key, same identity; another key is refused. */
export function serveEnrolment(deps: EnrolDeps): Subscription {
  return deps.bus.subscribe(ENROL, { queue: BOTS_QUEUE }, async (message) => {
    const answer = await answerTo(deps, message);
    if (!answer.ok) deps.log.warn({ reason: answer.reason }, "enrolment refused");
    message.respond(Buffer.from(JSON.stringify(answer)));
  });
}

async function answerTo(deps: EnrolDeps, message: BusMessage): Promise<EnrolAnswer> {
  const request = await openRequest(message.payload);
  if (!request) return refusal("the request is not signed by the key that it brings");
  const hash = hashToken(request.token);
  const { rows } = await deps.store.pool.query<{ workspace_id: string }>(
    "select workspace_id from token_lookup where hash = $1",
    [hash],
  );
  const workspaceId = rows[0]?.workspace_id;
  if (workspaceId === undefined) return refusal("this join token is not known");
  const answer = await enrol(deps, workspaceId, hash, request);
  if (answer.ok) await deps.onEnrolled();
  return answer;
}

/** The sender proves that it holds the signing key by signing with it. */
async function openRequest(payload: Uint8Array): Promise<EnrolRequest | undefined> {
  const claimed = claimedKey(payload);
  if (!claimed) return undefined;
  const opened = await openFromRelay(fromRelay.enrol, payload, readVerifyingKey(claimed));
  return opened.ok ? opened.message : undefined;
}

function claimedKey(payload: Uint8Array): PublicJwk | undefined {
  try {
    const body = Buffer.from(payload).toString("latin1").split(".")[1] ?? "";
    const claims = EnrolRequest.safeParse(JSON.parse(Buffer.from(body, "base64url").toString()));
    return claims.data?.signingKey;
  } catch {
    return undefined;
  }
}

async function enrol(
  deps: EnrolDeps,
  workspaceId: string,
  hash: Buffer,
  request: EnrolRequest,
): Promise<EnrolAnswer> {
  const signingKid = thumbprint(request.signingKey);
  const outcome = await deps.store.inWorkspace(workspaceId, async (db) => {
    const [token] = await db
      .select()
      .from(joinTokens)
      .where(eq(joinTokens.hash, hash))
      .for("update");
    if (!token) return { ok: false as const, reason: "this join token is not known" };
    const { name, tags } = token;
    if (token.relayId && token.signingKid === signingKid) {
      return { ok: true as const, relayId: token.relayId, name, tags };
    }
    if (token.relayId) return { ok: false as const, reason: "this join token has been used" };
    if (token.expiresAt.getTime() < Date.now()) {
      return { ok: false as const, reason: "this join token has expired" };
    }
    const relayId = uuidv7();
    const { signingKey, sealingKey, hostname } = request;
    const row = { workspaceId, id: relayId, name, hostname, tags, signingKey, sealingKey };
    const inserted = await db.insert(relays).values(row).onConflictDoNothing().returning();
    if (inserted.length === 0) {
      return { ok: false as const, reason: `a relay named "${name}" exists already` };
    }
    await db.update(joinTokens).set({ relayId, signingKid }).where(eq(joinTokens.hash, hash));
    await appendEvent(db, workspaceId, {
      kind: "relay.enrolled",
      method: "relay",
      relayId,
      object: `relay:${name}`,
      detail: { name, tags, hostname, signingKid },
    });
    return { ok: true as const, relayId, name, tags };
  });
  if (!outcome.ok) return refusal(outcome.reason);
  const { relayId, name, tags } = outcome;
  return { version: 1, ok: true, relayId, name, tags, keyList: deps.keyList() };
}

function refusal(reason: string): EnrolAnswer {
  return { version: 1, ok: false, reason };
}
