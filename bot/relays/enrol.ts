import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Logger } from "pino";
import type { BusMessage, MessageBus, Subscription } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { type Enrolment, enrolment, newcomerAudience } from "../../relay/wire/enrolment.ts";
import { type BotClaims, fromRelay, openFromRelay, signAsBot } from "../../relay/wire/envelope.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { inboxOfToken } from "../../relay/wire/join-token.ts";
import { readVerifyingKey, type SigningKey, thumbprint } from "../../relay/wire/keys.ts";
import { type EnrolAnswer, EnrolRequest } from "../../relay/wire/messages.ts";
import { BOTS_QUEUE, ENROL } from "../../relay/wire/subjects.ts";
import { hashToken } from "../access/tokens.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { joinTokens, relays, tokenLookup } from "../store/schema.ts";
import type { NatsUsers } from "./nats-users.ts";
import { isInvited, isVouchedFor, macOfInvitation, macOfRelay } from "./vouched.ts";

/** For how long a join token is good, and the NATS user that comes with it. */
export const JOIN_TOKEN_VALID_MS = 24 * 3_600_000;

const ANSWER_TTL_MS = 30_000;

export interface NewRelay {
  workspaceId: string;
  name: string;
  tags: Record<string, string>;
  createdBy?: string | undefined;
}

/** A single-use token for one relay; only its hash is kept. */
export async function issueJoinToken(
  { store, macKey }: { store: Store; macKey: Buffer },
  relay: NewRelay,
): Promise<string> {
  const { workspaceId, name, tags, createdBy } = relay;
  const token = randomBytes(32).toString("base64url");
  const hash = hashToken(token);
  const expiresAt = new Date(Date.now() + JOIN_TOKEN_VALID_MS);
  const invitation = { workspaceId, hash, name, tags, expiresAt };
  const mac = macOfInvitation(macKey, invitation);
  await store.inWorkspace(workspaceId, async (db) => {
    await db.insert(tokenLookup).values({ hash, workspaceId });
    await db.insert(joinTokens).values({ ...invitation, createdBy, mac });
    await appendEvent(db, workspaceId, {
      kind: "relay.join-token-issued",
      method: "api",
      actorId: createdBy,
      object: `relay:${name}`,
      detail: { name, tags },
    });
  });
  return token;
}

export interface EnrolDeps {
  store: Store;
  macKey: Buffer;
  bus: MessageBus;
  key: SigningKey;
  botId: string;
  clock: Clock;
  log: Logger;
  keyList(): string;
  /** Vouches for relays to the NATS server; absent where that asks for no users. */
  natsUsers?: NatsUsers | undefined;
  onEnrolled(): Promise<void>;
  /** Makes known that a request was not what it claimed to be. */
  refusedNewcomer(workspaceId: string | undefined, reason: string): void;
}

/** Answers newcomers: same token and key, same identity; another key is refused. */
export function serveEnrolment(deps: EnrolDeps): Subscription {
  return deps.bus.subscribe(ENROL, { queue: BOTS_QUEUE }, async (message) => {
    const claimed = claimedRequest(message.payload);
    if (!claimed || !isToHolder(claimed, message)) {
      return deps.refusedNewcomer(undefined, claimed ? "foreign-reply" : "malformed");
    }
    const answer = await answerTo(deps, claimed, message.payload);
    if (!answer.ok) deps.log.warn({ reason: answer.reason }, "enrolment refused");
    message.respond(Buffer.from(JSON.stringify(answer)));
  });
}

/** An answer goes where only whoever holds the token listens, never where a sender may point it. */
function isToHolder({ token }: EnrolRequest, { replyTo }: BusMessage): boolean {
  return replyTo?.startsWith(`${inboxOfToken(token)}.`) ?? false;
}

async function answerTo(
  deps: EnrolDeps,
  claimed: EnrolRequest,
  payload: Uint8Array,
): Promise<EnrolAnswer> {
  const hash = hashToken(claimed.token);
  const { rows } = await deps.store.pool.query<{ workspace_id: string }>(
    "select workspace_id from token_lookup where hash = $1",
    [hash],
  );
  const workspaceId = rows[0]?.workspace_id;
  // The sender proves that it holds the signing key by signing with it.
  const key = readVerifyingKey(claimed.signingKey);
  const opened = await openFromRelay(fromRelay.enrol, payload, key);
  if (!opened.ok) {
    deps.refusedNewcomer(workspaceId, opened.failure);
    return refusal("the request is not signed by the key that it brings");
  }
  if (workspaceId === undefined) {
    deps.refusedNewcomer(undefined, "unknown-token");
    return refusal("this join token is not known");
  }
  const answer = await enrol(deps, workspaceId, hash, opened.message);
  if (answer.ok) await deps.onEnrolled();
  else deps.refusedNewcomer(workspaceId, "not-allowed");
  return answer;
}

/** Not verified yet. */
function claimedRequest(payload: Uint8Array): EnrolRequest | undefined {
  try {
    const body = Buffer.from(payload).toString("latin1").split(".")[1] ?? "";
    return EnrolRequest.safeParse(JSON.parse(Buffer.from(body, "base64url").toString())).data;
  } catch {
    return undefined;
  }
}

type Enrolled =
  | { ok: true; relayId: string; name: string; tags: Record<string, string> }
  | { ok: false; reason: string };

async function enrol(
  deps: EnrolDeps,
  workspaceId: string,
  hash: Buffer,
  request: EnrolRequest,
): Promise<EnrolAnswer> {
  const enrolled = await deps.store.inWorkspace(workspaceId, async (db): Promise<Enrolled> => {
    const [token] = await db
      .select()
      .from(joinTokens)
      .where(eq(joinTokens.hash, hash))
      .for("update");
    if (!token) return { ok: false, reason: "this join token is not known" };
    // Or whoever writes to the database could invite a relay, with any tags.
    if (!isInvited(deps.macKey, token)) {
      return { ok: false, reason: "no bot of this version has issued this join token" };
    }
    if (token.relayId) {
      return enrolAgain(db, deps.macKey, { ...token, relayId: token.relayId }, request);
    }
    if (token.expiresAt.getTime() < Date.now()) {
      return { ok: false, reason: "this join token has expired" };
    }
    return enrolFirst(db, deps.macKey, token, request);
  });
  if (!enrolled.ok) return refusal(enrolled.reason);
  const { relayId, name, tags } = enrolled;
  const natsJwt =
    request.natsUser &&
    (await deps.natsUsers?.relay({ id: relayId, name, publicKey: request.natsUser }));
  const answer = { relayId, name, tags, keyList: deps.keyList(), ...(natsJwt && { natsJwt }) };
  return { version: 1, ok: true, ...answer, signed: await sign(deps, request, answer) };
}

async function sign(
  { key, botId, clock }: EnrolDeps,
  { token, signingKey }: EnrolRequest,
  answer: Omit<Enrolment, keyof BotClaims>,
): Promise<string> {
  const aud = newcomerAudience(token, thumbprint(signingKey));
  const to = { iss: botId, aud, nowMs: clock.wallMs(), ttlMs: ANSWER_TTL_MS };
  return Buffer.from(await signAsBot(key, enrolment, to, answer)).toString("latin1");
}

type Token = typeof joinTokens.$inferSelect;

const UNCHANGED = { previousSigningKey: null, previousSigningKeyUntil: null, keysChangedAt: null };

async function enrolFirst(
  db: Database,
  macKey: Buffer,
  token: Token,
  request: EnrolRequest,
): Promise<Enrolled> {
  const { workspaceId, hash, name, tags } = token;
  const { signingKey, sealingKey, hostname, natsUser } = request;
  const signingKid = thumbprint(signingKey);
  const relayId = uuidv7();
  const vouched = { workspaceId, id: relayId, tags, signingKey, sealingKey, ...UNCHANGED };
  const row = { ...vouched, name, hostname, natsUser, mac: macOfRelay(macKey, vouched) };
  const inserted = await db.insert(relays).values(row).onConflictDoNothing().returning();
  if (inserted.length === 0) {
    return { ok: false, reason: `a relay named "${name}" exists already` };
  }
  await db.update(joinTokens).set({ relayId, signingKid }).where(eq(joinTokens.hash, hash));
  await appendEvent(db, workspaceId, {
    kind: "relay.enrolled",
    method: "relay",
    relayId,
    object: `relay:${name}`,
    detail: { name, tags, hostname, signingKid, natsUser },
  });
  return { ok: true, relayId, name, tags };
}

/** The answer may have been lost: who brings the same keys gets the same again. */
async function enrolAgain(
  db: Database,
  macKey: Buffer,
  token: Token & { relayId: string },
  request: EnrolRequest,
): Promise<Enrolled> {
  const { relayId, name, tags } = token;
  const [relay] = await db.select().from(relays).where(eq(relays.id, relayId)).for("update");
  const isSame =
    relay &&
    isVouchedFor(macKey, relay) &&
    token.signingKid === thumbprint(request.signingKey) &&
    (relay.natsUser ?? request.natsUser) === request.natsUser;
  if (!isSame) return { ok: false, reason: "this join token has been used" };
  if (relay.state === "removed") return { ok: false, reason: `the relay "${name}" was removed` };
  const { natsUser } = request;
  if (relay.natsUser === null && natsUser !== undefined) {
    await db.update(relays).set({ natsUser }).where(eq(relays.id, relayId));
  }
  return { ok: true, relayId, name, tags };
}

function refusal(reason: string): EnrolAnswer {
  return { version: 1, ok: false, reason };
}
