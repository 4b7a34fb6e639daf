import type { Message } from "../../invocation/message.ts";
import { ADAPTER } from "./deps.ts";
import { type InteractionEvent, type MessageEvent, timeOf } from "./events.ts";
import { mentionsOf, withoutMarkup } from "./markup.ts";

/** What an event is read against. */
export interface Surroundings {
  workspaceId: string;
  applicationId: string;
  /** The bot's own account. */
  ownId: string;
  /** The channel whose rules count: for a thread the one that it belongs to. */
  channel: string;
  channelName(id: string): string | undefined;
}

/** Ordinary messages and replies; everything else is what Discord itself says. */
const SAID_BY_PEOPLE: readonly number[] = [0, 19];

/** Whether a person said something: not a bot, a webhook, or Discord itself. */
export function isSaidByPerson(event: MessageEvent, ownId: string): boolean {
  const { author, webhook_id: webhookId, type, content } = event;
  if (author.bot || author.id === ownId || webhookId !== undefined) return false;
  return SAID_BY_PEOPLE.includes(type) && content.trim() !== "";
}

export function messageOf(event: MessageEvent, around: Surroundings): Message {
  const { ownId } = around;
  const usernames = new Map(event.mentions.map(({ id, username }) => [id, username]));
  const text = withoutMarkup(event.content, {
    ownId,
    userName: (id) => usernames.get(id),
    channelName: around.channelName,
  });
  return {
    ...placeOf(event, around),
    messageId: event.id,
    text,
    saidAt: timeOf(event.id),
    caller: callerOf(event, event.author.id),
    isDirect: event.guild_id === undefined,
    mentions: mentionsOf(ownId),
  };

  function callerOf({ guild_id: guildId }: MessageEvent, providerUser: string) {
    return { adapter: ADAPTER, installation: guildId ?? around.applicationId, providerUser };
  }
}

/** What was chosen instead of typed, as the line that could have been typed. */
export function messageOfInteraction(
  event: InteractionEvent,
  text: string,
  around: Pick<Surroundings, "workspaceId" | "applicationId">,
): Message {
  const channel = event.channel?.parent_id;
  const isThread = isThreadType(event.channel?.type);
  const place = placeOf(event, {
    ...around,
    channel: isThread && channel ? channel : event.channel_id,
  });
  return {
    ...place,
    messageId: event.id,
    text,
    saidAt: timeOf(event.id),
    caller: {
      adapter: ADAPTER,
      installation: place.installation,
      providerUser: (event.member?.user ?? event.user)?.id ?? "",
    },
    isDirect: true,
    mentions: [],
  };
}

function placeOf(
  { guild_id: guildId }: { guild_id?: string | undefined },
  { workspaceId, applicationId, channel }: Omit<Surroundings, "ownId" | "channelName">,
) {
  return { workspaceId, adapter: ADAPTER, installation: guildId ?? applicationId, channel };
}

/** Threads in announcement, public and private form. */
export function isThreadType(type: number | undefined): boolean {
  return type === 10 || type === 11 || type === 12;
}
