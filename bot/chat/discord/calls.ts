import { createHash } from "node:crypto";
import { DiscordAPIError, REST, Routes } from "discord.js";
import { z } from "zod";
import { ChannelEvent, MessageEvent, Snowflake } from "./events.ts";

/** What a message says; nothing in it may call anybody. */
export interface Content {
  content: string;
  components?: readonly object[];
  file?: { name: string; bytes: Uint8Array };
}

export interface NewMessage extends Content {
  /** The same for the same message: Discord keeps one of two that carry it within minutes. */
  once: string;
  replyTo?: string;
}

/** Discord's answers to what was asked wrongly, or may not be. */
export const CODES = {
  unknownMessage: 10008,
  missingAccess: 50001,
  cannotMessageUser: 50007,
  missingPermissions: 50013,
} as const;

const Named = z.object({ id: Snowflake });
const NOBODY = { parse: [], replied_user: false };
const SUPPRESS_EMBEDS = 1 << 2;
const EPHEMERAL = 1 << 6;
const HISTORY_PAGE = 100;

/** What the bot asks of Discord's REST interface; discord.js keeps to its limits, and repeats. */
export function createCalls({ token, apiUrl }: { token: string; apiUrl?: string | undefined }) {
  const options = apiUrl === undefined ? {} : { api: apiUrl.replace(/\/$/, "") };
  const rest = new REST(options).setToken(token);
  /** Discord is strict about how many are opened. */
  const directChannels = new Map<string, string>();

  async function create(channel: string, made: NewMessage): Promise<string> {
    const reference = { message_id: made.replyTo, fail_if_not_exists: false };
    const body = {
      ...bodyOf(made),
      nonce: nonceOf(made.once),
      enforce_nonce: true,
      ...(made.replyTo !== undefined && { message_reference: reference }),
    };
    const sent = await rest.post(Routes.channelMessages(channel), { body, ...filesOf(made) });
    return Named.parse(sent).id;
  }

  return {
    create,
    async edit(channel: string, message: string, content: Content): Promise<void> {
      await rest.patch(Routes.channelMessage(channel, message), { body: bodyOf(content) });
    },
    async react(channel: string, message: string, emoji: string): Promise<void> {
      await rest.put(Routes.channelMessageOwnReaction(channel, message, encodeURIComponent(emoji)));
    },
    async unreact(channel: string, message: string, emoji: string): Promise<void> {
      const own = Routes.channelMessageOwnReaction(channel, message, encodeURIComponent(emoji));
      await rest.delete(own);
    },
    async startThread(channel: string, message: string, name: string): Promise<string> {
      const body = { name, auto_archive_duration: 1440 };
      return Named.parse(await rest.post(Routes.threads(channel, message), { body })).id;
    },
    async openDirect(user: string): Promise<string> {
      const known = directChannels.get(user);
      if (known !== undefined) return known;
      const body = { recipient_id: user };
      const { id } = Named.parse(await rest.post(Routes.userChannels(), { body }));
      directChannels.set(user, id);
      return id;
    },
    async readChannel(channel: string): Promise<ChannelEvent> {
      return ChannelEvent.parse(await rest.get(Routes.channel(channel)));
    },
    /** The oldest that came after this one, oldest first. */
    async readHistory(channel: string, after: string): Promise<MessageEvent[]> {
      const query = new URLSearchParams({ after, limit: String(HISTORY_PAGE) });
      const page = await rest.get(Routes.channelMessages(channel), { query });
      return z.array(MessageEvent).parse(page).reverse();
    },
    async setCommands(application: string, commands: readonly object[]): Promise<void> {
      await rest.put(Routes.applicationCommands(application), { body: commands });
    },
    /** Within three seconds, and once. */
    async answer(interaction: Interaction, content: Content, isEphemeral: boolean): Promise<void> {
      const data = bodyOf(content, isEphemeral ? EPHEMERAL : 0);
      await callback(interaction, { type: 4, data }, content);
    },
    async defer(interaction: Interaction, isEphemeral: boolean): Promise<void> {
      await callback(interaction, { type: 5, data: { flags: isEphemeral ? EPHEMERAL : 0 } });
    },
    async suggest(interaction: Interaction, values: readonly string[]): Promise<void> {
      const choices = values.map((value) => ({ name: value, value }));
      await callback(interaction, { type: 8, data: { choices } });
    },
    /** What was answered first, unless another is named; what was deferred becomes it. */
    async editAnswer(
      { application, token }: Interaction,
      content: Content,
      message = "@original",
    ): Promise<string> {
      const route = Routes.webhookMessage(application, token, message);
      const request = { body: bodyOf(content), ...filesOf(content), auth: false };
      return Named.parse(await rest.patch(route, request)).id;
    },
    async followUp(
      { application, token }: Interaction,
      content: Content,
      isEphemeral: boolean,
    ): Promise<string> {
      const body = bodyOf(content, isEphemeral ? EPHEMERAL : 0);
      const request = { body, ...filesOf(content), auth: false };
      return Named.parse(await rest.post(Routes.webhook(application, token), request)).id;
    },
  };

  async function callback({ id, token }: Interaction, body: object, content?: Content) {
    const request = { body, ...(content && filesOf(content)), auth: false };
    await rest.post(Routes.interactionCallback(id, token), request);
  }
}
export type Calls = ReturnType<typeof createCalls>;

/** Where the answer to an interaction goes. */
export interface Interaction {
  id: string;
  token: string;
  application: string;
}

/** Discord's own number for why it refused; undefined where it was something else. */
export function codeOf(error: unknown): number | string | undefined {
  return error instanceof DiscordAPIError ? error.code : undefined;
}

function bodyOf({ content, components }: Content, flags = 0) {
  return {
    content,
    allowed_mentions: NOBODY,
    flags: SUPPRESS_EMBEDS | flags,
    ...(components && { components }),
  };
}

function filesOf({ file }: Content) {
  if (!file) return {};
  const data = Buffer.from(file.bytes);
  return { files: [{ name: file.name, data, contentType: "text/plain; charset=utf-8" }] };
}

/** Discord takes at most 25 characters. */
function nonceOf(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 25);
}
