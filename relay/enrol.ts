import {
  ensureKeys,
  ensureNatsSeed,
  type Identity,
  readIdentity,
  saveIdentity,
  saveKeyList,
  saveNatsIdentity,
} from "./identity.ts";
import { BusError, type MessageBus } from "./process/bus.ts";
import { natsUserOf } from "./process/nats-user.ts";
import { type Gift, type OpenedAnswer, openEnrolAnswer } from "./wire/enrolment.ts";
import { fromRelay, signAsRelay } from "./wire/envelope.ts";
import { randomName } from "./wire/ids.ts";
import { inboxOfToken, type JoinToken } from "./wire/join-token.ts";
import { ENROL } from "./wire/subjects.ts";

export interface JoinOptions {
  bus: MessageBus;
  token: JoinToken;
  /** The relay's own folder; see relayDirectory. */
  directory: string;
  hostname: string;
  timeoutMs?: number;
}

export type Joined = { ok: true; identity: Identity } | { ok: false; reason: string };

/**
 * Asks a bot to take this host as a relay. It may be tried again: the keys are made once, and the
 * same token with the same key gives the same identity. Nothing is believed that the authority
 * named in the token has not signed, or a bot on its list.
 */
export async function joinRelay(options: JoinOptions): Promise<Joined> {
  const { token, directory } = options;
  const before = await readIdentity(directory);
  if (before && before.authority !== token.authority) {
    const advice = `remove ${directory} to join another`;
    return { ok: false, reason: `this relay has joined a bot as "${before.name}"; ${advice}` };
  }
  const seed = token.nats === undefined ? undefined : await ensureNatsSeed(directory, token.token);
  const { signing } = await ensureKeys(directory);
  const open = (reply: Uint8Array) => openEnrolAnswer(token, signing.kid, reply);
  const answer = await ask(options, await signRequest(options, seed), open);
  if (!answer.ok) return { ok: false, reason: answer.reason };
  return { ok: true, identity: await keep(options, answer.gift, seed) };
}

async function signRequest(
  { directory, token, hostname }: JoinOptions,
  natsSeed: string | undefined,
): Promise<Uint8Array> {
  const { signing, sealing } = await ensureKeys(directory);
  return signAsRelay(signing, fromRelay.enrol, {
    token: token.token,
    signingKey: signing.publicJwk,
    sealingKey: sealing.publicJwk,
    hostname: hostname.slice(0, 255),
    ...(natsSeed !== undefined && { natsUser: natsUserOf(natsSeed) }),
  });
}

/** The identity last: with it, the relay has joined. */
async function keep(
  { directory, token }: JoinOptions,
  { relayId, name, tags, keyList, natsJwt: jwt }: Gift,
  seed: string | undefined,
): Promise<Identity> {
  const { authority, nats, ca } = token;
  if (seed !== undefined)
    await saveNatsIdentity(directory, { user: jwt === undefined ? undefined : { jwt, seed }, ca });
  await saveKeyList(directory, keyList);
  const identity: Identity = {
    version: 1,
    relayId,
    name,
    tags,
    authority,
    ...(nats !== undefined && { nats }),
  };
  await saveIdentity(directory, identity);
  return identity;
}

/** What nobody may say is passed over, and named if nothing better comes. */
async function ask(
  { bus, token, timeoutMs = 10_000 }: JoinOptions,
  request: Uint8Array,
  open: (reply: Uint8Array) => Promise<OpenedAnswer>,
): Promise<OpenedAnswer> {
  let answer: OpenedAnswer | undefined;
  const isReply = async (reply: Uint8Array) => {
    answer = await open(reply);
    return answer.ok || answer.isFinal;
  };
  try {
    const replyTo = `${inboxOfToken(token.token)}.${randomName()}`;
    await bus.request(ENROL, request, { timeoutMs, replyTo, isReply });
    return answer ?? silence("no bot answered");
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    if (answer) return answer;
    if (error.code !== "no-responders") return silence(`no bot answered: ${error.message}`);
    return silence("no bot listens on this NATS server; start one");
  }
}

function silence(reason: string): OpenedAnswer {
  return { ok: false, reason, isFinal: true };
}
