import { signJws } from "../../../relay/wire/jws.ts";
import type { SigningKey } from "../../../relay/wire/keys.ts";
import { type Recording, readerOf } from "./recorded-files.ts";
import { textsIn, WIRE_KINDS } from "./recorded-kinds.ts";
import type { RecordedMessage } from "./recorded-tape.ts";

/** The bodies of a message, as today's code opens it. */
export function open(
  message: RecordedMessage,
  { keys }: Pick<Recording, "keys">,
): Promise<unknown[]> {
  const texts = textsIn(message.kind, Buffer.from(message.payload, "latin1"));
  return Promise.all(texts.map((text) => WIRE_KINDS[message.kind]?.open(text, keys)));
}

/** The same bodies, signed by a key of this test and opened by whoever believes it. */
export async function openAgain(
  kind: string,
  bodies: readonly unknown[],
  key: SigningKey,
): Promise<unknown[]> {
  const { publicJwk, kid } = key;
  const keys = readerOf({ authority: kid, bots: [publicJwk], relays: [publicJwk] });
  return Promise.all(
    bodies.map(async (body) => {
      const text = await signAgain(kind, body, key);
      return WIRE_KINDS[kind]?.open(text, keys);
    }),
  );
}

/** A body as another peer would send it; a key list names the authority that signs it. */
async function signAgain(kind: string, body: unknown, key: SigningKey): Promise<Uint8Array> {
  const typ = WIRE_KINDS[kind]?.typ;
  if (typ === undefined) return Buffer.from(JSON.stringify(body));
  const authority = kind === "key-list" ? { authority: key.publicJwk } : {};
  return Buffer.from(await signJws(key, typ, { ...Object(body), ...authority }));
}
