import { z } from "zod";

/** Ids are numbers of 64 bits, written as text. */
export const Snowflake = z.string().regex(/^\d{1,20}$/);

const User = z.object({
  id: Snowflake,
  username: z.string(),
  bot: z.boolean().optional(),
});

/** A message as the gateway or a channel's history tells of it. */
export const MessageEvent = z.object({
  id: Snowflake,
  channel_id: Snowflake,
  /** Absent in direct messages, and in a channel's history. */
  guild_id: Snowflake.optional(),
  webhook_id: Snowflake.optional(),
  author: User,
  content: z.string(),
  type: z.int(),
  mentions: z.array(User).default([]),
});
export type MessageEvent = z.infer<typeof MessageEvent>;

const GivenOption = z.object({
  name: z.string(),
  type: z.int(),
  value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  /** Whether the caller is typing this one just now. */
  focused: z.boolean().optional(),
});
export type GivenOption = z.infer<typeof GivenOption>;

const Resolved = z.object({
  users: z.record(z.string(), User).default({}),
  channels: z.record(z.string(), z.object({ name: z.string().optional() })).default({}),
});

export const CommandData = z.object({
  name: z.string(),
  options: z
    .array(z.object({ name: z.string(), options: z.array(GivenOption).default([]) }))
    .default([]),
  resolved: Resolved.default({ users: {}, channels: {} }),
});
export type CommandData = z.infer<typeof CommandData>;

export const ButtonData = z.object({ custom_id: z.string() });

/** A slash command, a button that was pressed, or a slash command that is being typed. */
export const InteractionEvent = z.object({
  id: Snowflake,
  application_id: Snowflake,
  type: z.int(),
  token: z.string(),
  guild_id: Snowflake.optional(),
  channel_id: Snowflake,
  channel: z.object({ type: z.int(), parent_id: Snowflake.nullish() }).optional(),
  member: z.object({ user: User }).optional(),
  user: User.optional(),
  data: z.unknown(),
});
export type InteractionEvent = z.infer<typeof InteractionEvent>;

export const INTERACTION = { command: 2, button: 3, autocomplete: 4 } as const;

const Channel = z.object({
  id: Snowflake,
  type: z.int(),
  name: z.string().nullish(),
  parent_id: Snowflake.nullish(),
  last_message_id: Snowflake.nullish(),
});
export const ChannelEvent = Channel;
export type ChannelEvent = z.infer<typeof Channel>;

export const GuildEvent = z.object({
  id: Snowflake,
  channels: z.array(Channel).default([]),
  threads: z.array(Channel).default([]),
});
export type GuildEvent = z.infer<typeof GuildEvent>;

export const ReadyEvent = z.object({
  user: z.object({ id: Snowflake, username: z.string() }),
  application: z.object({ id: Snowflake }),
  /** Each is told of next. */
  guilds: z.array(z.object({ id: Snowflake })).default([]),
});
export type ReadyEvent = z.infer<typeof ReadyEvent>;

const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** When something was made, by Discord's clock. */
export function timeOf(id: string): Date {
  return new Date(Number(BigInt(id) >> 22n) + DISCORD_EPOCH_MS);
}

/** The id that nothing made at this time or later is smaller than. */
export function firstIdAt(timeMs: number): string {
  const sinceEpoch = Math.max(0, Math.floor(timeMs) - DISCORD_EPOCH_MS);
  return String(BigInt(sinceEpoch) << 22n);
}

export function isLater(id: string, other: string): boolean {
  return BigInt(id) > BigInt(other);
}
