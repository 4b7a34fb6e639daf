import { eq, sql } from "drizzle-orm";
import type { Logger } from "pino";
import type { BusMessage, MessageBus, Subscription } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { openFromRelay } from "../../relay/wire/envelope.ts";
import { readVerifyingKey, type SigningKey, thumbprint } from "../../relay/wire/keys.ts";
import { RotationProof, type RotationRequest, rotation } from "../../relay/wire/rotation.ts";
import { BOTS_QUEUE, inboxOf, relayOf, upFromAnyRelay } from "../../relay/wire/subjects.ts";
import { appendEvent } from "../audit/event.ts";
import type { Database, Store } from "../store/pool.ts";
import { relays } from "../store/schema.ts";
import { mayBeAsked, type RelayRegistry } from "./registry.ts";
import { signTo } from "./sign-to.ts";
import { isVouchedFor, macOfRelay } from "./vouched.ts";

/** How long the key before still counts for results that it has signed. */
export const OVERLAP_MS = 24 * 3_600_000;

const ANSWER_TTL_MS = 30_000;

export interface RotateDeps {
  store: Store;
  bus: MessageBus;
  registry: Pick<RelayRegistry, "find">;
  macKey: Buffer;
  key: SigningKey;
  botId: string;
  clock: Clock;
  log: Logger;
  onRotated(): Promise<void>;
  /** Makes known that a request was not what it claimed to be. */
  refused(kind: string, relayId: string, reason: string): void;
}

/** Takes a relay's new keys, if the key that counts and the new one have both signed for them. */
export function serveRotation(deps: RotateDeps): Subscription {
  const options = { queue: BOTS_QUEUE };
  return deps.bus.subscribe(upFromAnyRelay("rotate"), options, (message) => take(deps, message));
}

async function take(deps: RotateDeps, message: BusMessage): Promise<void> {
  const relayId = relayOf(message.subject) ?? "";
  const relay = deps.registry.find(relayId);
  if (!relay || !mayBeAsked(relay)) return;
  if (!message.replyTo?.startsWith(`${inboxOf(relayId)}.`)) {
    return deps.refused("rotate", relayId, "foreign-reply");
  }
  const rotated = await deps.store.inWorkspace(relay.workspaceId, (db) =>
    rotate({ db, macKey: deps.macKey }, relay, message.payload),
  );
  if (!rotated.ok) deps.refused("rotate", relayId, rotated.reason);
  if (rotated.nonce === undefined) return;
  if (rotated.ok) await deps.onRotated();
  const to = { relayId, epoch: rotated.nonce, ttlMs: ANSWER_TTL_MS };
  const body = rotated.ok ? { kid: rotated.kid } : { refused: rotated.reason };
  message.respond(await signTo(deps, to, rotation.answer, body));
}

type Rotated =
  | { ok: true; kid: string; nonce: string }
  | { ok: false; reason: string; nonce: string }
  | { ok: false; reason: string; nonce: undefined };

interface Vouching {
  db: Database;
  macKey: Buffer;
}

async function rotate(
  vouching: Vouching,
  { id }: { id: string },
  payload: Uint8Array,
): Promise<Rotated> {
  const [row] = await vouching.db.select().from(relays).where(eq(relays.id, id)).for("update");
  if (row?.state !== "active") return unheard("not active");
  // Or keys that somebody has written into the database would get a bot's word.
  if (!isVouchedFor(vouching.macKey, row)) return unheard("not as a bot has written it");
  const request = await openRequest(row, payload);
  if (!request) return unheard("not signed by this relay's key");
  const { nonce } = request;
  const proof = await openProof(request, id);
  if (!proof) return { ok: false, reason: "the new key has not signed for this relay", nonce };
  const kid = thumbprint(proof.signingKey);
  // Asked again because the answer was lost: it is so already.
  if (kid === thumbprint(row.signingKey)) return { ok: true, kid, nonce };
  if (request.isPrevious) return unheard("signed by a key that was replaced");
  await saveKeys(vouching, row, proof);
  return { ok: true, kid, nonce };
}

function unheard(reason: string): Rotated {
  return { ok: false, reason, nonce: undefined };
}

type Row = typeof relays.$inferSelect;

async function openRequest(
  row: Row,
  payload: Uint8Array,
): Promise<(RotationRequest & { isPrevious: boolean }) | undefined> {
  const current = readVerifyingKey(row.signingKey);
  const opened = await openFromRelay(rotation.request, payload, current);
  if (opened.ok) return { ...opened.message, isPrevious: false };
  if (!row.previousSigningKey) return undefined;
  const previous = readVerifyingKey(row.previousSigningKey);
  const again = await openFromRelay(rotation.request, payload, previous);
  return again.ok ? { ...again.message, isPrevious: true } : undefined;
}

async function openProof(
  { proof }: RotationRequest,
  relayId: string,
): Promise<RotationProof | undefined> {
  const claimed = claimedProof(proof);
  if (claimed?.signingKey.crv !== "Ed25519" || claimed.sealingKey.crv !== "X25519")
    return undefined;
  const key = readVerifyingKey(claimed.signingKey);
  const opened = await openFromRelay(rotation.proof, Buffer.from(proof, "latin1"), key);
  return opened.ok && opened.message.relayId === relayId ? opened.message : undefined;
}

/** Not verified yet: it names the key to verify it with. */
function claimedProof(jws: string): RotationProof | undefined {
  try {
    const body = Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8");
    return RotationProof.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

async function saveKeys(
  { db, macKey }: Vouching,
  row: Row,
  { signingKey, sealingKey }: RotationProof,
): Promise<void> {
  const keysChangedAt = await databaseNow(db);
  const changed = {
    signingKey,
    sealingKey,
    previousSigningKey: row.signingKey,
    previousSigningKeyUntil: new Date(keysChangedAt.getTime() + OVERLAP_MS),
    keysChangedAt,
  };
  const mac = macOfRelay(macKey, { ...row, ...changed });
  await db
    .update(relays)
    .set({ ...changed, mac })
    .where(eq(relays.id, row.id));
  await appendEvent(db, row.workspaceId, {
    kind: "relay.keys-rotated",
    method: "relay",
    relayId: row.id,
    object: `relay:${row.name}`,
    detail: {
      name: row.name,
      before: thumbprint(row.signingKey),
      after: thumbprint(signingKey),
      beforeCountsUntil: changed.previousSigningKeyUntil.toISOString(),
    },
  });
}

/** By the clock that says when an attempt was permitted; whole milliseconds, as a Date has them. */
async function databaseNow(db: Database): Promise<Date> {
  const { rows } = await db.execute<{ ms: string }>(
    sql`select floor(extract(epoch from now()) * 1000)::text as ms`,
  );
  return new Date(Number(rows[0]?.ms));
}
