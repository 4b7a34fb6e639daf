import { z } from "zod";
import { AskedMoment, plainText } from "./text.ts";

const Word = plainText(255);
const nullable = z.string().nullable();

export const AuditLine = z.object({
  id: z.uuid().describe("Of the event; for an invocation, of its request"),
  at: z.string(),
  kind: z.string(),
  adapter: z.string().describe("slack, discord, console, api; relay or system for the program"),
  channel: nullable,
  userId: nullable,
  user: nullable,
  email: nullable,
  onBehalfOf: nullable,
  invocation: nullable,
  text: nullable.describe("As typed; secrets masked"),
  command: nullable,
  version: nullable.describe("Of the bundle"),
  outcome: nullable,
  exitCode: z.int().nullable(),
  image: nullable.describe("Digest of the image"),
  relayId: nullable,
  relay: nullable,
  execution: nullable,
  attempt: z.int().nullable(),
  durationMs: z.int().nullable(),
  object: nullable.describe("What it was done to, as `group:ops`"),
  trace: nullable,
  isErased: z.boolean().describe("Whether its detail was erased"),
  detail: z.unknown(),
});
export type AuditLine = z.infer<typeof AuditLine>;

export const AuditPage = z.object({
  events: z.array(AuditLine),
  next: z.string().nullable().describe("`before` of the next page; a page may be short, or empty"),
});

const AuditFilters = z.strictObject({
  user: Word.optional().describe("Name, email or id"),
  command: Word.optional().describe("A bundle, or bundle:command"),
  kind: Word.optional(),
  adapter: Word.optional(),
  channel: Word.optional(),
  relay: Word.optional().describe("Name or id"),
  outcome: Word.optional(),
  since: AskedMoment.optional(),
  until: AskedMoment.optional(),
  text: Word.optional().describe("Part of what was typed, or of the detail"),
  invocation: z.uuid().optional(),
});

export const AuditQuery = AuditFilters.extend({
  before: z.uuid().optional().describe("Only events older than this one"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const FollowAudit = AuditFilters.omit({ since: true, until: true });
export const FollowHeaders = z.object({
  "last-event-id": z
    .string()
    .regex(/^\d{1,15}$/, "not a number of the chain")
    .optional(),
});

export const ExportQuery = z.strictObject({
  since: AskedMoment.optional(),
  purpose: z.enum(["export", "verify"]).default("export").describe("What is recorded of it"),
});

export const EventParams = z.object({ id: z.uuid() });
export const EraseDetail = z.strictObject({ reason: plainText(1000) });
export const ErasedDetail = z.object({ outcome: z.enum(["erased", "erased before"]) });
