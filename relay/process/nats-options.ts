import { isIP } from "node:net";

/** How a peer proves to the server who it is. */
export type NatsCredentials =
  | { user: string; password: string }
  | { token: string }
  /** The text of a `.creds` file: a user's JWT and its seed. */
  | { creds: string }
  | { jwt: string; seed: string };

export interface NatsAddress {
  server: string;
  tls: boolean;
  credentials?: NatsCredentials;
}

/** Takes a NATS URL apart, since the client ignores credentials and scheme within it. */
export function parseNatsUrl(url: string): NatsAddress {
  const parsed = new URL(url.includes("://") ? url : `nats://${url}`);
  const server = `${parsed.hostname}:${parsed.port || 4222}`;
  const tls = parsed.protocol === "tls:";
  const user = decodeURIComponent(parsed.username);
  const password = decodeURIComponent(parsed.password);
  if (!user) return { server, tls };
  return { server, tls, credentials: password ? { user, password } : { token: user } };
}

/**
 * The client has a certificate checked against the name that it dials, but against `localhost`
 * where it dials a bare address; this says which address is meant.
 */
export function tlsWithHost<Tls extends object>(
  tls: Tls,
  addresses: readonly NatsAddress[],
): Tls & { host?: string } {
  const hosts = addresses.map(({ server }) => new URL(`nats://${server}`).hostname);
  const host = hosts.map((name) => name.replace(/^\[|\]$/g, "")).find((name) => isIP(name) !== 0);
  return host === undefined ? tls : { ...tls, host };
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** Doubles from a tenth of a second to five seconds, up to a fifth shorter or longer. */
export function reconnectDelayMs(attempt: number, random: number = Math.random()): number {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(delay * (0.8 + random * 0.4));
}

/** Besides the address: who one is, and who vouches for the server. */
export interface NatsAccess {
  credentials?: NatsCredentials;
  /** With certificates of one's own, a server without TLS is refused too. */
  tls?: { ca: string };
}

/** Leaves out what is not there. */
export function natsAccess(
  credentials: NatsCredentials | undefined,
  ca: string | undefined,
): NatsAccess {
  return { ...(credentials && { credentials }), ...(ca !== undefined && { tls: { ca } }) };
}
