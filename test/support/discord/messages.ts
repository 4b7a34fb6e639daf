import { type Gateway, INTENTS } from "./gateway.ts";
import { LIMITS } from "./limits.ts";
import { type File, type MessageForm, pingsOf } from "./message-form.ts";
import { messagePayload } from "./payloads.ts";
import { timeOfSnowflake } from "./snowflakes.ts";
import type { StoredMessage, User, World } from "./world.ts";

const EPHEMERAL = 1 << 6;

export interface NewMessage {
  channelId: string;
  author: User;
  form: MessageForm;
  files?: readonly File[];
  type?: number;
  webhookId?: string;
  atMs?: number;
}

/** Stores a message and tells everybody who is connected. */
export function createMessage(world: World, gateway: Gateway, made: NewMessage): StoredMessage {
  const { channelId, author, form, files = [], webhookId, atMs } = made;
  const content = form.content ?? "";
  const replyTo = form.message_reference?.message_id;
  const message: StoredMessage = {
    id: world.nextId(atMs),
    channelId,
    author,
    content,
    type: made.type ?? (replyTo === undefined ? 0 : 19),
    ...(webhookId !== undefined && { webhookId }),
    isEphemeral: Boolean((form.flags ?? 0) & EPHEMERAL),
    isDeleted: false,
    pings: pingsOf(form),
    form,
    files,
    ...(replyTo !== undefined && { replyTo }),
    contents: [content],
    reactions: new Set(),
    reacted: [],
  };
  world.messages.set(message.id, message);
  const channel = world.channels.get(channelId);
  if (channel && !message.isEphemeral) channel.lastMessageId = message.id;
  if (!message.isEphemeral) publishMessage(world, gateway, "MESSAGE_CREATE", message);
  return message;
}

export function editMessage(
  world: World,
  gateway: Gateway,
  message: StoredMessage,
  form: MessageForm,
  files: readonly File[] = [],
): void {
  if (form.content !== undefined && form.content !== null) {
    message.content = form.content;
    message.contents.push(form.content);
    message.pings = [...message.pings, ...pingsOf(form)];
  }
  message.form = { ...message.form, ...form };
  message.files = [...message.files, ...files];
  if (!message.isEphemeral) publishMessage(world, gateway, "MESSAGE_UPDATE", message);
}

/** What a bot without the Message Content Intent is told of a message that does not concern it. */
export function publishMessage(
  world: World,
  gateway: Gateway,
  t: "MESSAGE_CREATE" | "MESSAGE_UPDATE",
  message: StoredMessage,
): void {
  const channel = world.channels.get(message.channelId);
  if (!channel?.botMay.view) return;
  const isDirect = channel.guildId === undefined;
  gateway.publish((intents) => {
    if (!(intents & (isDirect ? INTENTS.directMessages : INTENTS.guildMessages))) return undefined;
    const concernsBot = message.author === world.bot || mentionsBot(world, message.content);
    const isReadable = isDirect || concernsBot || Boolean(intents & INTENTS.messageContent);
    return { t, d: messagePayload(world, message, isReadable) };
  });
}

function mentionsBot({ bot }: World, content: string): boolean {
  return content.includes(`<@${bot.id}>`) || content.includes(`<@!${bot.id}>`);
}

/** The one that has this nonce already, if it is to be the only one. */
export function withSameNonce(world: World, form: MessageForm): StoredMessage | undefined {
  if (!form.enforce_nonce || form.nonce === undefined) return undefined;
  const oldest = Date.now() - LIMITS.nonceMs.is;
  return [...world.messages.values()].find(
    (each) =>
      each.author === world.bot &&
      each.form.nonce === form.nonce &&
      timeOfSnowflake(each.id) > oldest,
  );
}
