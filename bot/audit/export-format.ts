import { z } from "zod";

/**
 * An export of the audit is NDJSON: a header, one line for each link in the order of the chain,
 * and a last line that tells a whole export from one that broke off.
 */
const Hash = z.string().regex(/^[0-9a-f]{64}$/);

export const ExportHeader = z.object({
  format: z.literal("aldis-audit"),
  version: z.literal(1),
  workspace: z.uuid(),
  exportedAt: z.string(),
  /** Number of the first link, and the hash before it. */
  first: z.int().positive(),
  before: Hash,
  /** The newest link as a bot has signed it; read before the links, so that it is among them. */
  head: z.string().nullable(),
  /** Every list of bots' keys, as the authority has signed it; oldest first. */
  keyLists: z.array(z.string()),
});
export type ExportHeader = z.infer<typeof ExportHeader>;

export const ExportLink = z.object({
  number: z.int().positive(),
  id: z.uuid(),
  /** The event's body, byte for byte as it is stored; null where the event is gone. */
  event: z.string().nullable(),
  hash: Hash,
  /** Absent where it was erased. */
  detail: z.string().optional(),
  salt: z
    .string()
    .regex(/^([0-9a-f]{2})*$/)
    .optional(),
});
export type ExportLink = z.infer<typeof ExportLink>;

export const ExportEnd = z.object({
  end: z.literal(true),
  /** Number of the last link. */
  last: z.int().nonnegative(),
  /** Events that wait to be linked. */
  unlinked: z.int().nonnegative(),
  /** Events that are in no link and do not wait for one: nobody appended them as events are. */
  orphans: z.array(z.uuid()),
});
export type ExportEnd = z.infer<typeof ExportEnd>;

/** What is read of a body to check it; the rest is what it says. */
export const EventBody = z.object({
  id: z.uuid(),
  workspace: z.uuid(),
  at: z.string(),
  kind: z.string(),
  object: z.string().optional(),
  detail: Hash,
});
export type EventBody = z.infer<typeof EventBody>;
