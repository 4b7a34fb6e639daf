import type { Account } from "@nats-io/jwt";
import { BotError } from "../errors.ts";

/**
 * A user's JWT counts as revoked if it was signed before that second. Relays' users are never
 * vouched for twice, so an hour more costs nothing and makes up for a bot whose clock is ahead.
 */
const MARGIN_S = 3_600;

/**
 * The account's claims with these users refused, and those that were refused before; signed by the
 * operator's signing key.
 */
export async function withUsersRevoked(
  accountJwt: string,
  users: readonly string[],
  operatorSeed: string,
): Promise<string> {
  const { decode, encodeAccount, fromSeed } = await import("@nats-io/jwt");
  const { name, sub, nats } = decode<Account>(accountJwt);
  const until = Math.floor(Date.now() / 1000) + MARGIN_S;
  const revocations = { ...nats.revocations };
  for (const user of users) revocations[user] ??= until;
  const signer = fromSeed(new TextEncoder().encode(operatorSeed.trim()));
  return encodeAccount(name, sub, { ...nats, revocations }, { signer });
}

/** Throws with the server's own word when it did not take the claims. */
export function checkUpdateAnswer(answer: string): void {
  const said: { error?: { description?: string }; data?: { code?: number } } = JSON.parse(answer);
  if (said.data?.code === 200) return;
  const reason = said.error?.description ?? answer.slice(0, 200);
  throw new BotError("bus-unavailable", `the NATS server refused the account's claims: ${reason}`);
}
