import { nkeys } from "nats";

/** The seed of a new NATS user; it stays on its host. */
export function makeNatsUserSeed(): string {
  return new TextDecoder().decode(nkeys.createUser().getSeed());
}

/** The name of that user to a server. Throws when the text is no user's seed. */
export function natsUserOf(seed: string): string {
  return nkeys.fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey();
}
