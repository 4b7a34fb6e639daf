import { timeOfSnowflake } from "./snowflakes.ts";
import type { Channel, StoredMessage, User, World } from "./world.ts";

export function userPayload({ id, username, isBot }: User) {
  return { id, username, discriminator: "0", global_name: null, avatar: null, bot: isBot };
}

export function channelPayload(world: World, channel: Channel) {
  const { id, type, name, guildId, parentId, recipientId, lastMessageId } = channel;
  const recipient = recipientId === undefined ? undefined : world.users.get(recipientId);
  const isThread = type === 11;
  return {
    id,
    type,
    ...(recipient ? { recipients: [userPayload(recipient)] } : { name }),
    ...(guildId !== undefined && { guild_id: guildId, permission_overwrites: [], position: 0 }),
    ...(parentId !== undefined && { parent_id: parentId }),
    ...(isThread && { thread_metadata: { archived: false, auto_archive_duration: 1440 } }),
    last_message_id: lastMessageId ?? null,
  };
}

/** A message as a client is told of it; `isReadable` where the bot may see what it says. */
export function messagePayload(world: World, message: StoredMessage, isReadable = true) {
  const channel = world.channels.get(message.channelId);
  const { form } = message;
  return {
    id: message.id,
    channel_id: message.channelId,
    ...(channel?.guildId !== undefined && { guild_id: channel.guildId }),
    ...(message.webhookId !== undefined && { webhook_id: message.webhookId }),
    author: userPayload(message.author),
    content: isReadable ? message.content : "",
    timestamp: new Date(timeOfSnowflake(message.id)).toISOString(),
    edited_timestamp: message.contents.length > 1 ? new Date().toISOString() : null,
    tts: false,
    mention_everyone: false,
    mentions: isReadable ? mentionedUsers(world, message.content).map(userPayload) : [],
    mention_roles: [],
    attachments: message.files.map(({ name, bytes }, index) => ({
      id: `${BigInt(message.id) + BigInt(index)}`,
      filename: name,
      size: bytes.length,
      url: `https://cdn.invalid/${message.id}/${name}`,
      proxy_url: `https://cdn.invalid/${message.id}/${name}`,
    })),
    embeds: [],
    components: form.components ?? [],
    pinned: false,
    type: message.type,
    flags: form.flags ?? 0,
    ...(form.nonce !== undefined && { nonce: form.nonce }),
  };
}

function mentionedUsers(world: World, content: string): User[] {
  const ids = [...content.matchAll(/<@!?(\d+)>/g)].map(([, id]) => id ?? "");
  return [...new Set(ids)].flatMap((id) => world.users.get(id) ?? []);
}

export function guildPayload(world: World) {
  const { guild, bot, channels } = world;
  const own = [...channels.values()].filter(({ guildId, botMay }) => guildId && botMay.view);
  const ofType = (isThread: boolean) =>
    own
      .filter(({ type }) => (type === 11) === isThread)
      .map((channel) => channelPayload(world, channel));
  const joined = new Date(timeOfSnowflake(guild.id)).toISOString();
  return {
    id: guild.id,
    name: guild.name,
    owner_id: "1",
    channels: ofType(false),
    threads: ofType(true),
    roles: [{ id: guild.id, name: "@everyone", permissions: "0", position: 0, color: 0 }],
    members: [{ user: userPayload(bot), roles: [], joined_at: joined, deaf: false, mute: false }],
    member_count: 2,
    joined_at: joined,
    emojis: [],
    stickers: [],
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    features: [],
    preferred_locale: "en-US",
    large: false,
    unavailable: false,
  };
}
