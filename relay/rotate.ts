import {
  adoptNextKeys,
  ensureKeys,
  ensureNextKeys,
  type Identity,
  type RelayKeys,
  readKeyList,
} from "./identity.ts";
import { BusError, type MessageBus } from "./process/bus.ts";
import { audienceOf, type Opened, openFromBot, signAsRelay } from "./wire/envelope.ts";
import { randomName } from "./wire/ids.ts";
import { keysOf, verifyKeyList } from "./wire/key-list.ts";
import type { VerifyingKey } from "./wire/keys.ts";
import { type RotationAnswer, rotation } from "./wire/rotation.ts";
import { inboxOf, upFrom } from "./wire/subjects.ts";

export interface RotateOptions {
  bus: MessageBus;
  /** The relay's own folder; nothing else may use it meanwhile. */
  directory: string;
  identity: Identity;
  timeoutMs?: number;
}

export type Rotated = { ok: true; kid: string } | { ok: false; reason: string };

/**
 * Replaces the relay's signing and sealing keys. The new ones lie beside the old until a bot has
 * said, signed, that they count: tried again, it brings the same.
 */
export async function rotateKeys(options: RotateOptions): Promise<Rotated> {
  const { directory, identity } = options;
  const bots = await trustedBots(directory, identity);
  if (typeof bots === "string") return { ok: false, reason: bots };
  const next = await ensureNextKeys(directory);
  const nonce = randomName();
  const request = await signRequest(await ensureKeys(directory), next, identity.relayId, nonce);
  const aud = audienceOf(identity.relayId, nonce);
  const open = (reply: Uint8Array) =>
    openFromBot(rotation.answer, reply, { keys: bots, aud, nowMs: Date.now() });
  const answer = await ask(options, request, open);
  if (typeof answer === "string") return { ok: false, reason: answer };
  return adoptIfTaken(directory, next, answer);
}

async function adoptIfTaken(
  directory: string,
  next: RelayKeys,
  answer: RotationAnswer,
): Promise<Rotated> {
  const { kid } = next.signing;
  if (answer.kid !== kid) return { ok: false, reason: answer.refused ?? "the bot took other keys" };
  await adoptNextKeys(directory);
  return { ok: true, kid };
}

async function trustedBots(
  directory: string,
  { authority }: Identity,
): Promise<ReadonlyMap<string, VerifyingKey> | string> {
  const check = await verifyKeyList((await readKeyList(directory)) ?? "", authority);
  return check.ok ? keysOf(check.list, Date.now()) : `the list of bots' keys: ${check.reason}`;
}

/** The key that counts vouches for a proof that the new one is held. */
async function signRequest(
  current: RelayKeys,
  next: RelayKeys,
  relayId: string,
  nonce: string,
): Promise<Uint8Array> {
  const proof = await signAsRelay(next.signing, rotation.proof, {
    relayId,
    signingKey: next.signing.publicJwk,
    sealingKey: next.sealing.publicJwk,
  });
  const body = { proof: Buffer.from(proof).toString("latin1"), nonce };
  return signAsRelay(current.signing, rotation.request, body);
}

/** What no bot has signed is passed over, and named if nothing better comes. */
async function ask(
  { bus, identity, timeoutMs = 10_000 }: RotateOptions,
  request: Uint8Array,
  open: (reply: Uint8Array) => Promise<Opened<RotationAnswer>>,
): Promise<RotationAnswer | string> {
  const replyTo = `${inboxOf(identity.relayId)}.${randomName()}`;
  let failure: string | undefined;
  let answer: RotationAnswer | undefined;
  const isReply = async (reply: Uint8Array) => {
    const opened = await open(reply);
    if (opened.ok) answer = opened.message;
    else failure = `the answer is no bot's (${opened.failure})`;
    return opened.ok;
  };
  try {
    await bus.request(upFrom(identity.relayId, "rotate"), request, { timeoutMs, replyTo, isReply });
    return answer ?? "no bot answered";
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    if (failure !== undefined) return failure;
    if (error.code === "no-responders") return "no bot listens on this NATS server; start one";
    return `no bot answered (${error.message}): is this relay known, and not suspended?`;
  }
}
