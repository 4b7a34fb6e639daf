import { z } from "zod";
import { CANCEL_ACTION } from "./blocks.ts";
import { typedText } from "./typed-text.ts";

/** The bot as this team knows it. */
export interface Installation {
  teamId: string;
  userId: string;
  botId: string;
  name: string;
}

/** Something that a person of this team has said to a place where the bot listens. */
export interface Said {
  /** The message or the interaction, not the event that carried it. */
  key: string;
  user: string;
  channel: string;
  text: string;
  saidAt: Date;
  /** Whether all that is said there is said to the bot. */
  isDirect: boolean;
  mentions: readonly string[];
  /** The message that answers hang below; undefined where they stand in the channel. */
  thread: string | undefined;
  /** Whether it was said in that thread already. */
  isInThread: boolean;
  /** The message itself, if there is one to react to. */
  message: string | undefined;
  /** Where the caller alone can be answered, in any channel, for half an hour. */
  responseUrl: string | undefined;
}

const Timestamp = z.string().regex(/^\d{1,12}\.\d{1,6}$/);

const MessageBody = z.object({
  team_id: z.string(),
  is_ext_shared_channel: z.boolean().optional(),
  event: z.object({
    type: z.enum(["message", "app_mention"]),
    subtype: z.string().optional(),
    user: z.string().optional(),
    bot_id: z.string().nullish(),
    text: z.string(),
    ts: Timestamp,
    thread_ts: Timestamp.optional(),
    edited: z.unknown().optional(),
    channel: z.string(),
    channel_type: z.string().optional(),
    team: z.string().optional(),
    user_team: z.string().optional(),
    source_team: z.string().optional(),
  }),
});

const SlashBody = z.object({
  command: z.string(),
  text: z.string(),
  team_id: z.string(),
  channel_id: z.string(),
  user_id: z.string(),
  trigger_id: z.string(),
  response_url: z.url(),
});

const PressBody = z.object({
  type: z.literal("block_actions"),
  team: z.object({ id: z.string() }),
  user: z.object({ id: z.string(), team_id: z.string() }),
  channel: z.object({ id: z.string() }),
  message: z.object({ ts: Timestamp, thread_ts: Timestamp.optional() }),
  trigger_id: z.string(),
  response_url: z.url(),
  actions: z
    .array(z.object({ action_id: z.string(), value: z.uuid(), action_ts: Timestamp }))
    .length(1),
});

/** What people say, with or without a file; everything else (edits, joins, topics) says nothing. */
const SPOKEN: ReadonlySet<string | undefined> = new Set([
  undefined,
  "file_share",
  "thread_broadcast",
]);

/** Undefined for whatever is no caller's message: edits, bots, people of other organisations. */
export function saidInMessage(body: unknown, bot: Installation): Said | undefined {
  const parsed = MessageBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { event, is_ext_shared_channel: isShared = false } = parsed.data;
  const { user, channel, ts, thread_ts: thread } = event;
  if (user === undefined || !SPOKEN.has(event.subtype) || event.edited !== undefined) return;
  if (event.bot_id != null || user === bot.userId || user === "USLACKBOT") return undefined;
  const teams = [event.team, event.user_team, event.source_team].filter((id) => id !== undefined);
  const isOurs = teams.every((id) => id === bot.teamId) && (teams.length > 0 || !isShared);
  if (!isOurs || parsed.data.team_id !== bot.teamId) return undefined;
  const isDirect = event.channel_type === "im";
  return {
    key: ts,
    user,
    channel,
    text: typedText(event.text, bot),
    saidAt: timeOf(ts),
    isDirect,
    mentions: [`@${bot.name}`],
    thread: thread ?? (isDirect ? undefined : ts),
    isInThread: thread !== undefined,
    message: ts,
    responseUrl: undefined,
  };
}

/** A slash command shows nothing in the channel: its answers stand there by themselves. */
export function saidInCommand(body: unknown, bot: Installation, now: Date): Said | undefined {
  const parsed = SlashBody.safeParse(body);
  if (!parsed.success || parsed.data.team_id !== bot.teamId) return undefined;
  const { command, text, user_id, channel_id, trigger_id, response_url } = parsed.data;
  return {
    key: `command ${trigger_id}`,
    user: user_id,
    channel: channel_id,
    text: `${command} ${typedText(text, bot)}`,
    saidAt: now,
    isDirect: false,
    mentions: [command],
    thread: undefined,
    isInThread: false,
    message: undefined,
    responseUrl: response_url,
  };
}

/** A button is pressed: whoever did says the line that it stands for. */
export function saidByPress(body: unknown, bot: Installation, prefix: string): Said | undefined {
  const parsed = PressBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { team, user, channel, message, trigger_id, response_url, actions } = parsed.data;
  const [action] = actions;
  if (team.id !== bot.teamId || user.team_id !== bot.teamId) return undefined;
  if (action?.action_id !== CANCEL_ACTION) return undefined;
  return {
    key: `press ${trigger_id}`,
    user: user.id,
    channel: channel.id,
    text: `${prefix}aldis:cancel ${action.value}`,
    saidAt: timeOf(action.action_ts),
    isDirect: true,
    mentions: [],
    thread: message.thread_ts ?? message.ts,
    isInThread: true,
    message: undefined,
    responseUrl: response_url,
  };
}

function timeOf(ts: string): Date {
  return new Date(Number(ts) * 1_000);
}
