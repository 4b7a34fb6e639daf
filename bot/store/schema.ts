import {
  bigint,
  boolean,
  customType,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import type { PublicJwk } from "../../relay/wire/keys.ts";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";

/**
 * The tables as queries see them. `migrations/` is what makes them, constraints and policies
 * included; a test compares the two.
 */
const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });
const at = (name: string) => timestamp(name, { withTimezone: true });
const workspaceId = () => uuid("workspace_id").notNull();
const created = () => at("created_at").notNull().defaultNow();

export const workspaces = pgTable("workspaces", {
  id: uuid().primaryKey(),
  name: text().notNull(),
  prefix: text().notNull(),
  timeZone: text("time_zone").notNull(),
  accessVersion: bigint("access_version", { mode: "number" }).notNull(),
  relaysAdoptedAt: at("relays_adopted_at").defaultNow(),
  createdAt: created(),
});

export const installations = pgTable(
  "installations",
  { adapter: text().notNull(), installation: text().notNull(), workspaceId: workspaceId() },
  (t) => [primaryKey({ columns: [t.adapter, t.installation] })],
);

export const tokenLookup = pgTable("token_lookup", {
  hash: bytea().primaryKey(),
  workspaceId: workspaceId(),
});

export const keyLists = pgTable("key_lists", {
  number: bigint({ mode: "number" }).primaryKey(),
  jws: text().notNull(),
  mac: bytea(),
  createdAt: created(),
});

export const users = pgTable("users", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  name: text().notNull(),
  state: text({ enum: ["active", "suspended"] })
    .notNull()
    .default("active"),
  email: text(),
  labels: jsonb().$type<Record<string, string>>().notNull().default({}),
  createdAt: created(),
});

export const identities = pgTable("identities", {
  workspaceId: workspaceId(),
  adapter: text().notNull(),
  installation: text().notNull(),
  providerUser: text("provider_user").notNull(),
  userId: uuid("user_id").notNull(),
  createdAt: created(),
});

export const groups = pgTable("groups", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  name: text().notNull(),
});

export const groupMembers = pgTable("group_members", {
  workspaceId: workspaceId(),
  groupId: uuid("group_id").notNull(),
  userId: uuid("user_id").notNull(),
});

export const roles = pgTable("roles", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  name: text().notNull(),
  description: text().notNull().default(""),
  builtIn: boolean("built_in").notNull().default(false),
});

export const grants = pgTable("grants", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  userId: uuid("user_id"),
  groupId: uuid("group_id"),
  roleId: uuid("role_id").notNull(),
  expiresAt: at("expires_at"),
  reason: text().notNull().default(""),
  grantedBy: uuid("granted_by"),
  grantedAt: at("granted_at").notNull().defaultNow(),
});

export const rolePermissions = pgTable("role_permissions", {
  workspaceId: workspaceId(),
  roleId: uuid("role_id").notNull(),
  permission: text().notNull(),
});

export const sitePermissions = pgTable("site_permissions", {
  workspaceId: workspaceId(),
  name: text().notNull(),
  description: text().notNull().default(""),
  createdBy: uuid("created_by"),
  createdAt: created(),
});

export const operatorRules = pgTable("operator_rules", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  bundle: text().notNull(),
  command: text().notNull(),
  rule: text().notNull(),
  createdBy: uuid("created_by"),
  createdAt: created(),
});

export const apiTokens = pgTable("api_tokens", {
  workspaceId: workspaceId(),
  hash: bytea().notNull(),
  userId: uuid("user_id").notNull(),
  name: text().notNull(),
  createdAt: created(),
  expiresAt: at("expires_at"),
});

export const bundles = pgTable("bundles", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  name: text().notNull(),
  version: text().notNull(),
  digest: text().notNull(),
  source: text().notNull(),
  enabled: boolean().notNull().default(false),
  mac: bytea(),
  image: text(),
  imageMac: bytea("image_mac"),
  installedBy: uuid("installed_by"),
  installedAt: at("installed_at").notNull().defaultNow(),
});

export const relays = pgTable("relays", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  name: text().notNull(),
  hostname: text().notNull(),
  tags: jsonb().$type<Record<string, string>>().notNull(),
  signingKey: jsonb("signing_key").$type<PublicJwk>().notNull(),
  sealingKey: jsonb("sealing_key").$type<PublicJwk>().notNull(),
  state: text({ enum: ["active", "suspended", "removed"] })
    .notNull()
    .default("active"),
  epoch: text(),
  draining: boolean().notNull().default(false),
  enrolledAt: at("enrolled_at").notNull().defaultNow(),
  natsUser: text("nats_user"),
  removedAt: at("removed_at"),
  natsRevokedAt: at("nats_revoked_at"),
  previousSigningKey: jsonb("previous_signing_key").$type<PublicJwk>(),
  previousSigningKeyUntil: at("previous_signing_key_until"),
  keysChangedAt: at("keys_changed_at"),
  mac: bytea(),
});

export const relayPolicies = pgTable("relay_policies", {
  workspaceId: workspaceId(),
  bundle: text().notNull().default(""),
  selector: text().notNull(),
  changedBy: uuid("changed_by"),
  changedAt: at("changed_at").notNull().defaultNow(),
});

export const joinTokens = pgTable("join_tokens", {
  workspaceId: workspaceId(),
  hash: bytea().notNull(),
  name: text().notNull(),
  tags: jsonb().$type<Record<string, string>>().notNull(),
  createdBy: uuid("created_by"),
  createdAt: created(),
  expiresAt: at("expires_at").notNull(),
  relayId: uuid("relay_id"),
  signingKid: text("signing_kid"),
  mac: bytea(),
});

export const invocations = pgTable("invocations", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  adapter: text().notNull(),
  installation: text().notNull(),
  channel: text().notNull(),
  messageId: text("message_id").notNull(),
  providerUser: text("provider_user").notNull(),
  userId: uuid("user_id"),
  bundle: text(),
  bundleVersion: text("bundle_version"),
  command: text(),
  decision: text().notNull(),
  outcome: text(),
  textMac: bytea("text_mac"),
  requestedAt: at("requested_at").notNull().defaultNow(),
  endedAt: at("ended_at"),
});

export const EXECUTION_STATES = [
  "queued",
  "offered",
  "started",
  "succeeded",
  "failed",
  "timed-out",
  "cancelled",
  "interrupted",
  "expired",
  "unknown",
] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];

export const executions = pgTable("executions", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  invocationId: uuid("invocation_id").notNull(),
  state: text({ enum: EXECUTION_STATES }).notNull(),
  attempt: integer().notNull().default(1),
  spec: jsonb().$type<ExecutionSpec>().notNull(),
  facts: jsonb().$type<unknown>(),
  mac: bytea().notNull(),
  relayId: uuid("relay_id"),
  epoch: text(),
  botId: text("bot_id").notNull(),
  offerTimeoutMs: integer("offer_timeout_ms").notNull(),
  queueTimeoutMs: integer("queue_timeout_ms").notNull(),
  lostAfterMs: integer("lost_after_ms").notNull(),
  mostStarts: integer("most_starts").notNull().default(1),
  concurrencyKey: text("concurrency_key"),
  concurrencyMax: integer("concurrency_max"),
  silentSince: at("silent_since"),
  exitCode: integer("exit_code"),
  reason: text(),
  durationMs: integer("duration_ms"),
  queuedAt: at("queued_at").notNull().defaultNow(),
  offeredAt: at("offered_at"),
  startedAt: at("started_at"),
  cancelRequestedAt: at("cancel_requested_at"),
  endedAt: at("ended_at"),
});

export const attempts = pgTable("attempts", {
  workspaceId: workspaceId(),
  executionId: uuid("execution_id").notNull(),
  attempt: integer().notNull(),
  relayId: uuid("relay_id").notNull(),
  epoch: text().notNull(),
  startedAt: at("started_at").notNull().defaultNow(),
  outcome: text(),
  endedAt: at("ended_at"),
});

export const results = pgTable("results", {
  workspaceId: workspaceId(),
  executionId: uuid("execution_id").notNull(),
  attempt: integer().notNull(),
  jws: text().notNull(),
  outputLength: bigint("output_length", { mode: "number" }).notNull(),
  outputDigest: text("output_digest").notNull(),
  outputCut: boolean("output_cut").notNull(),
  receivedAt: at("received_at").notNull().defaultNow(),
});

export const outputs = pgTable("outputs", {
  workspaceId: workspaceId(),
  executionId: uuid("execution_id").notNull(),
  attempt: integer().notNull(),
  startOffset: bigint("start_offset", { mode: "number" }).notNull(),
  frames: bytea().notNull(),
});

/** Made by `append_event`; the columns behind `body` say the same once more, for queries. */
export const auditEvents = pgTable("audit_events", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  body: json().notNull(),
  at: at("at").notNull(),
  kind: text().notNull(),
  method: text().notNull(),
  actorId: uuid("actor_id"),
  onBehalfOf: uuid("on_behalf_of"),
  channel: text(),
  invocationId: uuid("invocation_id"),
  executionId: uuid("execution_id"),
  attempt: integer(),
  relayId: uuid("relay_id"),
  bundle: text(),
  bundleVersion: text("bundle_version"),
  command: text(),
  image: text(),
  object: text(),
  outcome: text(),
  exitCode: integer("exit_code"),
  traceId: text("trace_id"),
  detailDigest: bytea("detail_digest").notNull(),
});

export const auditDetails = pgTable("audit_details", {
  workspaceId: workspaceId(),
  eventId: uuid("event_id").notNull(),
  salt: bytea().notNull(),
  detail: text().notNull(),
});

export const auditUnlinked = pgTable("audit_unlinked", {
  workspaceId: workspaceId(),
  eventId: uuid("event_id").notNull(),
});

export const auditChain = pgTable("audit_chain", {
  workspaceId: workspaceId(),
  number: bigint({ mode: "number" }).notNull(),
  eventId: uuid("event_id").notNull(),
  hash: bytea().notNull(),
});

export const auditHeads = pgTable("audit_heads", {
  workspaceId: workspaceId(),
  number: bigint({ mode: "number" }).notNull(),
  hash: bytea().notNull(),
  jws: text().notNull(),
  signedAt: at("signed_at").notNull(),
});

export const leases = pgTable("leases", {
  name: text().primaryKey(),
  owner: text().notNull(),
  number: bigint({ mode: "number" }).notNull(),
  expiresAt: at("expires_at").notNull(),
});

export const outbox = pgTable("outbox", {
  workspaceId: workspaceId(),
  id: uuid().notNull(),
  topic: text().notNull(),
  payload: jsonb().$type<unknown>().notNull(),
  createdAt: created(),
  sentAt: at("sent_at"),
});
