import { z } from "zod";
import { signJws } from "../../relay/wire/jws.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";
import { REPLACED } from "./attacked-bot.ts";
import { alter } from "./forgeries.ts";

/** Whom an attacker may have robbed of their keys, and whom not. */
export interface Keys {
  /** Of the relay in whose name it is said. */
  own: SigningKey;
  /** Of another relay that is enrolled too. */
  another: SigningKey;
  bot: SigningKey;
}

export interface RelayForgery {
  how: string;
  /** What the bot says of it. */
  reason: string;
  forge(keys: Keys, typ: string, body: object): Promise<Uint8Array>;
}

/** Every way in which a message of a relay may be wrong, whatever its kind. */
export const relayForgeries: readonly RelayForgery[] = [
  {
    how: "altered on the way",
    reason: "bad-signature",
    forge: async ({ own }, typ, body) => alter(await signed(own, typ, body)),
  },
  {
    how: "that is no signed text at all",
    reason: "malformed",
    forge: async (_, __, body) => Buffer.from(JSON.stringify(body)),
  },
  {
    how: "signed by another relay",
    reason: "unknown-key",
    forge: ({ another }, typ, body) => signed(another, typ, body),
  },
  {
    how: "signed by another relay under this relay's name",
    reason: "bad-signature",
    forge: ({ own, another }, typ, body) => signed({ ...another, kid: own.kid }, typ, body),
  },
  {
    how: "signed by a bot",
    reason: "unknown-key",
    forge: ({ bot }, typ, body) => signed(bot, typ, body),
  },
  {
    how: "signed by the key before the last rotation",
    reason: "unknown-key",
    forge: (_, typ, body) => signed(REPLACED, typ, body),
  },
  {
    how: "of another kind",
    reason: "wrong-type",
    forge: ({ own }, _, body) => signed(own, "aldis-audit-head", body),
  },
  {
    how: "of a newer version",
    reason: "malformed-body",
    forge: ({ own }, typ, body) => signed(own, typ, { ...body, version: 2 }),
  },
  {
    how: "without what it is about",
    reason: "malformed-body",
    forge: ({ own }, typ, body) => signed(own, typ, without(body)),
  },
  {
    how: "about more than 64 at once",
    reason: "malformed-body",
    forge: ({ own }, typ, body) => signed(own, typ, repeated(body)),
  },
];

export async function signed(key: SigningKey, typ: string, body: object): Promise<Uint8Array> {
  return Buffer.from(await signJws(key, typ, { version: 1, ...body }));
}

const Body = z.record(z.string(), z.unknown());
/** Those that carry several things at once. */
const Several = z.union([
  z.object({ claims: z.array(z.unknown()) }),
  z.object({ answers: z.array(z.unknown()) }),
]);

/** With an empty list, or with nothing where it is about one thing. */
function without(body: object): object {
  return withSeveral(body, () => []) ?? {};
}

/** With a list of 65, or everything 65 times where it is about one thing. */
function repeated(body: object): object {
  const changed = withSeveral(body, ([first]) => many(first));
  if (changed) return changed;
  const fields = Object.entries(Body.parse(body));
  return Object.fromEntries(fields.map(([name, value]) => [name, many(value)]));
}

function withSeveral(body: object, change: (list: unknown[]) => unknown[]): object | undefined {
  const [several] = Object.entries(Several.safeParse(body).data ?? {});
  return several && { ...body, [several[0]]: change(several[1]) };
}

function many(value: unknown): unknown[] {
  return Array.from({ length: 65 }, () => value);
}
