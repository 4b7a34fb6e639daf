import type { CurrentKeyList } from "../../bot/relays/key-lists.ts";
import { fakeSigningKey } from "./fake-keys.ts";

/** The bots of the model share a key. */
export const BOT_KEY = fakeSigningKey("bots");
const AUTHORITY = fakeSigningKey("authority");

export const KEY_LIST: CurrentKeyList = {
  jws: "",
  isVouchedFor: true,
  authority: AUTHORITY.kid,
  list: {
    version: 1,
    number: 1,
    iat: 0,
    exp: 4_000_000_000,
    authority: AUTHORITY.publicJwk,
    keys: [BOT_KEY.publicJwk],
  },
};
