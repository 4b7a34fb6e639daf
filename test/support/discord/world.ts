import type { Command } from "./command-form.ts";
import type { File, MessageForm } from "./message-form.ts";
import { createSnowflakes } from "./snowflakes.ts";

export interface User {
  id: string;
  username: string;
  isBot: boolean;
  /** Whether they let the bot send them direct messages. */
  takesDirectMessages: boolean;
}

export interface Channel {
  id: string;
  /** 0 text, 1 direct, 11 thread. */
  type: number;
  name: string;
  guildId?: string;
  parentId?: string;
  recipientId?: string;
  lastMessageId?: string;
  /** What the bot may do here; everything unless said otherwise. */
  botMay: { view: boolean; send: boolean; startThreads: boolean; react: boolean };
}

export interface StoredMessage {
  id: string;
  channelId: string;
  author: User;
  content: string;
  /** 0 an ordinary one, 19 a reply, 6 and others what Discord itself says. */
  type: number;
  webhookId?: string;
  isEphemeral: boolean;
  isDeleted: boolean;
  /** Whom it called. */
  pings: readonly string[];
  form: MessageForm;
  files: readonly File[];
  replyTo?: string;
  /** Each content that it ever had, oldest first. */
  contents: string[];
  reactions: Set<string>;
  /** Each reaction that was ever put, oldest first. */
  reacted: string[];
}

/** Everything that Discord knows. */
export interface World {
  applicationId: string;
  bot: User;
  guild: { id: string; name: string };
  users: Map<string, User>;
  channels: Map<string, Channel>;
  messages: Map<string, StoredMessage>;
  commands: readonly Command[];
  nextId(atMs?: number): string;
}

export function createWorld(): World {
  const { next: nextId } = createSnowflakes();
  const applicationId = nextId();
  const bot = newUser(applicationId, "aldis", { isBot: true });
  const guild = { id: nextId(), name: "Acme" };
  const world: World = {
    applicationId,
    bot,
    guild,
    users: new Map([[bot.id, bot]]),
    channels: new Map(),
    messages: new Map(),
    commands: [],
    nextId,
  };
  return world;
}

export function newUser(id: string, username: string, change: Partial<User> = {}): User {
  return { id, username, isBot: false, takesDirectMessages: true, ...change };
}

export function addChannel(world: World, change: Partial<Channel> & { type: number }): Channel {
  const channel: Channel = {
    id: world.nextId(),
    name: "general",
    botMay: { view: true, send: true, startThreads: true, react: true },
    ...change,
  };
  world.channels.set(channel.id, channel);
  return channel;
}

/** The one direct channel between the bot and a user. */
export function directChannel(world: World, user: User): Channel {
  const known = [...world.channels.values()].find(({ recipientId }) => recipientId === user.id);
  return known ?? addChannel(world, { type: 1, name: "", recipientId: user.id });
}
