import { BotError } from "../errors.ts";
import { publicKeyOf, signNatsUser, type UserIssuer } from "./nats-accounts.ts";
import { newcomerPermissions, relayPermissions } from "./nats-permissions.ts";

/** Vouches to the NATS server for those who may come in. */
export interface NatsUsers {
  /** The account whose users they are. */
  accountId: string;
  /** The JWT of a relay's user; `publicKey` is that user's, made on the relay's host. */
  relay(relay: { id: string; name: string; publicKey: string }): Promise<string>;
  /** A user who may enrol with this token, until it expires. */
  newcomer(token: string, expiresAt: Date): Promise<{ jwt: string; seed: string }>;
}

/** A newcomer sends one small message and awaits one. */
const NEWCOMER_LIMITS = { subs: 8, payload: 65_536 };

/** From the bot's own credentials, which name the account, and the seed of its signing key. */
export async function openNatsUsers(creds: string, accountSeed: string): Promise<NatsUsers> {
  const issuer: UserIssuer = { accountId: await accountOf(creds), seed: accountSeed.trim() };
  if (!(await publicKeyOf(issuer.seed).catch(() => "")).startsWith("A")) {
    throw new BotError("key", "nats.account_key_file holds no seed of an account's key (SA…)");
  }
  return {
    accountId: issuer.accountId,
    relay: ({ id, name, publicKey }) =>
      signNatsUser(issuer, { name, publicKey, permissions: relayPermissions(id) }),
    async newcomer(token, expiresAt) {
      const { createUser } = await import("@nats-io/jwt");
      const key = createUser();
      const jwt = await signNatsUser(issuer, {
        name: "newcomer",
        publicKey: key.getPublicKey(),
        permissions: newcomerPermissions(token),
        limits: NEWCOMER_LIMITS,
        expiresAtS: Math.floor(expiresAt.getTime() / 1000),
      });
      return { jwt, seed: new TextDecoder().decode(key.getSeed()) };
    },
  };
}

async function accountOf(creds: string): Promise<string> {
  const { parseCreds } = await import("@nats-io/jwt");
  try {
    return (await parseCreds(new TextEncoder().encode(creds))).aid;
  } catch (cause) {
    throw new BotError("key", "nats.creds_file holds no credentials (.creds)", { cause });
  }
}
