import { createHash } from "node:crypto";
import { z } from "zod";

/** What a join command carries: where the bus is, a single-use token, and whom to trust. */
export const JoinToken = z.object({
  v: z.literal(1),
  /** The NATS address; absent where bot and relay share a process. */
  nats: z.string().optional(),
  /** The certificates (PEM) that vouch for the NATS server; absent where any known one does. */
  ca: z.string().optional(),
  /** A NATS user that may enrol with this token and do nothing else, where the server asks for one. */
  user: z.object({ jwt: z.string(), seed: z.string() }).optional(),
  token: z.string().min(32),
  /** Fingerprint of the authority key that signs key lists. */
  authority: z.string().min(43),
  /**
   * The number of the key list at that time: an older one does not count any more, and what a bot
   * answers must be signed. Absent where the bot is of a version that does not sign it.
   */
  keyListNumber: z.int().positive().optional(),
});
export type JoinToken = z.infer<typeof JoinToken>;

const PREFIX = "aldis-join-";

export function printJoinToken(token: JoinToken): string {
  return PREFIX + Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** Undefined when the text is no join token. */
export function parseJoinToken(text: string): JoinToken | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  try {
    const body = Buffer.from(text.slice(PREFIX.length), "base64url").toString("utf8");
    return JoinToken.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** Where the answer to whoever holds this token goes: nobody else can name it. */
export function inboxOfToken(token: string): string {
  const hash = createHash("sha256").update(`aldis join inbox ${token}`).digest("base64url");
  return `_INBOX.${hash}`;
}
