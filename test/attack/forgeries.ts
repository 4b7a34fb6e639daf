import { z } from "zod";
import { type Addressing, audienceOf } from "../../relay/wire/envelope.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { signJws } from "../../relay/wire/jws.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import { newKey } from "../support/scripted-bot.ts";
import { type AttackedRelay, LISTED_AND_DROPPED, relayKeyOf } from "./attacked-relay.ts";

/** Signs, as somebody else than the bot might, what the bot would say. */
export type Forge = (relay: AttackedRelay, typ: string, body: object) => Promise<Uint8Array>;

export interface Forgery {
  how: string;
  /** What the relay says of it. */
  reason: string;
  forge: Forge;
}

interface Change {
  key?: SigningKey;
  to?: Partial<Addressing>;
}

/** Every way in which a message of a bot may be wrong. */
export const forgeries: readonly Forgery[] = [
  {
    how: "altered on the way",
    reason: "bad-signature",
    forge: async (relay, typ, body) => alter(await sign(relay, typ, body)),
  },
  {
    how: "whose signature is cut off",
    reason: "malformed",
    forge: async (relay, typ, body) => unsigned(await sign(relay, typ, body)),
  },
  { how: "expired", reason: "expired", forge: signedAt(-600_000) },
  { how: "from the future", reason: "early", forge: signedAt(600_000) },
  {
    how: "meant for another relay",
    reason: "wrong-audience",
    forge: (relay, typ, body) =>
      sign(relay, typ, body, { to: { aud: audienceOf(uuidv7(), relay.bot.epoch()) } }),
  },
  {
    how: "meant for another life of this relay",
    reason: "wrong-audience",
    forge: (relay, typ, body) =>
      sign(relay, typ, body, { to: { aud: audienceOf(relay.relayId, "another") } }),
  },
  {
    how: "signed by a key on no list",
    reason: "unknown-key",
    forge: (relay, typ, body) => sign(relay, typ, body, { key: newKey() }),
  },
  {
    how: "signed by a key that was dropped from the list",
    reason: "unknown-key",
    forge: (relay, typ, body) => sign(relay, typ, body, { key: LISTED_AND_DROPPED }),
  },
  {
    how: "signed by the relay's own key",
    reason: "unknown-key",
    forge: async (relay, typ, body) => sign(relay, typ, body, { key: await relayKeyOf(relay) }),
  },
  {
    how: "signed by the authority, which signs lists only",
    reason: "unknown-key",
    forge: (relay, typ, body) => sign(relay, typ, body, { key: relay.bot.authority }),
  },
  {
    how: "signed by an unlisted key under a listed key's name",
    reason: "bad-signature",
    forge: (relay, typ, body) =>
      sign(relay, typ, body, { key: { ...newKey(), kid: relay.bot.key.kid } }),
  },
  {
    how: "of a newer version",
    reason: "malformed-body",
    forge: (relay, typ, body) => sign(relay, typ, { ...body, version: 2 }),
  },
  {
    how: "without what it is about",
    reason: "malformed-body",
    forge: (relay, typ, body) => sign(relay, typ, emptied(body)),
  },
  {
    how: "about more than 64 at once",
    reason: "malformed-body",
    forge: (relay, typ, body) => sign(relay, typ, repeated(body)),
  },
];

/** The body as the bot would sign it, in another's hand or to somebody else. */
export async function sign(
  { bot }: AttackedRelay,
  typ: string,
  body: object,
  { key = bot.key, to = {} }: Change = {},
): Promise<Uint8Array> {
  const { iss, aud, nowMs, ttlMs } = bot.addressing(to);
  const iat = Math.floor(nowMs / 1000);
  const exp = Math.ceil((nowMs + ttlMs) / 1000);
  return Buffer.from(await signJws(key, typ, { version: 1, iss, aud, iat, exp, ...body }));
}

/** Changes the body and leaves the signature. */
export function alter(payload: Uint8Array, change: object = { iss: "mallory" }): Uint8Array {
  const [head = "", body = "", tail = ""] = Buffer.from(payload).toString("latin1").split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString());
  const changed = Buffer.from(JSON.stringify({ ...claims, ...change })).toString("base64url");
  return Buffer.from(`${head}.${changed}.${tail}`);
}

/** With `alg: none`, as some libraries would accept. */
function unsigned(payload: Uint8Array): Uint8Array {
  const [head = "", body = ""] = Buffer.from(payload).toString("latin1").split(".");
  const header = JSON.parse(Buffer.from(head, "base64url").toString());
  const none = Buffer.from(JSON.stringify({ ...header, alg: "none" })).toString("base64url");
  return Buffer.from(`${none}.${body}.e30`);
}

function signedAt(shiftMs: number): Forge {
  return (relay, typ, body) => sign(relay, typ, body, { to: { nowMs: Date.now() + shiftMs } });
}

/** Empties its list; where it has none, everything is left out. */
function emptied(body: object): object {
  return withList(body, () => []) ?? {};
}

/** Says 65 times what it is about; where it has no list, all of it is one. */
function repeated(body: object): object {
  const many = (value: unknown) => Array.from({ length: 65 }, () => value);
  return withList(body, ([first]) => many(first)) ?? { nonce: many("n") };
}

function withList(body: object, change: (list: unknown[]) => unknown[]): object | undefined {
  const found = Object.entries(Body.parse(body)).find(([, value]) => Array.isArray(value));
  return found && { ...body, [found[0]]: change(z.array(z.unknown()).parse(found[1])) };
}

const Body = z.record(z.string(), z.unknown());

/** Answers the relay's next question of this kind with a forgery; the one after it honestly. */
export function forgeFirst(relay: AttackedRelay, kind: string, forge: Forge): void {
  let isFirst = true;
  relay.bot.script.forge = (typ, body) => {
    if (typ !== kind || !isFirst) return undefined;
    isFirst = false;
    return forge(relay, typ, body);
  };
}
