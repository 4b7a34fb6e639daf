import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Choices } from "./command-form.ts";
import type { Gateway } from "./gateway.ts";
import { LIMITS } from "./limits.ts";
import { type File, type MessageForm, readEditForm, readMessageForm } from "./message-form.ts";
import { createMessage, editMessage } from "./messages.ts";
import { messagePayload, userPayload } from "./payloads.ts";
import {
  acknowledged,
  type Reply,
  readForm,
  tokenExpired,
  unknownInteraction,
  unknownMessage,
  unknownWebhook,
} from "./refusal.ts";
import type { Channel, StoredMessage, User, World } from "./world.ts";

const EPHEMERAL = 1 << 6;
const Callback = z.object({ type: z.int(), data: z.unknown().optional() });
const AutocompleteAnswer = z.object({ choices: Choices });
const Flags = z.object({ flags: z.int().optional() }).optional();

/** Something that a user did, and what the bot has answered. */
export interface Interaction {
  id: string;
  token: string;
  user: User;
  channel: Channel;
  atMs: number;
  state: "pending" | "deferred" | "answered";
  isEphemeral: boolean;
  original: StoredMessage | undefined;
  followups: StoredMessage[];
  choices: readonly { name: string; value: string | number }[] | undefined;
}

export interface InteractionAsked {
  type: 2 | 3 | 4;
  user: User;
  channel: Channel;
  data: unknown;
  message?: StoredMessage;
}

export function createInteractions(world: World, gateway: Gateway, nowMs: () => number) {
  const byId = new Map<string, Interaction>();

  function start({ type, user, channel, data, message }: InteractionAsked): Interaction {
    const interaction: Interaction = {
      id: world.nextId(),
      token: randomBytes(24).toString("base64url"),
      user,
      channel,
      atMs: nowMs(),
      state: "pending",
      isEphemeral: false,
      original: undefined,
      followups: [],
      choices: undefined,
    };
    byId.set(interaction.id, interaction);
    const who = { user: userPayload(user) };
    const { guildId, parentId } = channel;
    gateway.publish(() => ({
      t: "INTERACTION_CREATE",
      d: {
        id: interaction.id,
        application_id: world.applicationId,
        type,
        token: interaction.token,
        version: 1,
        data,
        channel_id: channel.id,
        channel: {
          id: channel.id,
          type: channel.type,
          ...(parentId !== undefined && { parent_id: parentId }),
        },
        ...(guildId === undefined
          ? who
          : { guild_id: guildId, member: { ...who, roles: [], permissions: "0" } }),
        ...(message && { message: messagePayload(world, message) }),
        locale: "en-US",
        entitlements: [],
        authorizing_integration_owners: {},
        app_permissions: "0",
        attachment_size_limit: LIMITS.fileBytes.is,
      },
    }));
    return interaction;
  }

  /** The answer to an interaction: once, and within three seconds. */
  function answer(id: string, token: string, body: unknown, files: readonly File[]): Reply {
    const interaction = byId.get(id);
    if (!interaction || interaction.token !== token) throw unknownInteraction();
    if (interaction.state !== "pending") throw acknowledged();
    if (nowMs() - interaction.atMs > LIMITS.interactionAnswerMs.is) throw unknownInteraction();
    const { type, data } = readForm(Callback, body);
    if (type === 8) {
      interaction.choices = readForm(AutocompleteAnswer, data).choices;
      interaction.state = "answered";
    } else if (type === 5 || type === 6) {
      interaction.isEphemeral = Boolean((Flags.parse(data)?.flags ?? 0) & EPHEMERAL);
      interaction.state = "deferred";
    } else {
      const form = readMessageForm(data, files);
      interaction.isEphemeral = Boolean((form.flags ?? 0) & EPHEMERAL);
      interaction.original = post(interaction, form, files);
      interaction.state = "answered";
    }
    return { status: 204 };
  }

  function post(
    { channel, isEphemeral }: Interaction,
    form: MessageForm,
    files: readonly File[],
  ): StoredMessage {
    const flags = isEphemeral ? (form.flags ?? 0) | EPHEMERAL : (form.flags ?? 0);
    return createMessage(world, gateway, {
      channelId: channel.id,
      author: world.bot,
      form: { ...form, flags },
      files,
      webhookId: world.applicationId,
      type: 20,
    });
  }

  function withToken(token: string): Interaction {
    const interaction = [...byId.values()].find((each) => each.token === token);
    if (!interaction || interaction.state === "pending") throw unknownWebhook();
    if (nowMs() - interaction.atMs > LIMITS.interactionTokenMs.is) throw tokenExpired();
    return interaction;
  }

  function editOriginal(token: string, body: unknown, files: readonly File[]): Reply {
    const interaction = withToken(token);
    const form = readEditForm(body);
    if (interaction.original) {
      editMessage(world, gateway, interaction.original, form, files);
    } else {
      interaction.original = post(interaction, readMessageForm(body, files), files);
      interaction.state = "answered";
    }
    return { status: 200, body: messagePayload(world, interaction.original) };
  }

  /** The first one after a deferral takes the place of what was deferred. */
  function followUp(token: string, body: unknown, files: readonly File[]): Reply {
    const interaction = withToken(token);
    if (interaction.state === "deferred") return editOriginal(token, body, files);
    const form = readMessageForm(body, files);
    const message = post({ ...interaction, isEphemeral: false }, form, files);
    interaction.followups.push(message);
    return { status: 200, body: messagePayload(world, message) };
  }

  /** One of its own messages by its id. */
  function edit(token: string, id: string, body: unknown, files: readonly File[]): Reply {
    const { original: first, followups } = withToken(token);
    const message = [first, ...followups].find((each) => each?.id === id);
    if (!message) throw unknownMessage();
    editMessage(world, gateway, message, readEditForm(body), files);
    return { status: 200, body: messagePayload(world, message) };
  }

  function original(token: string): StoredMessage {
    const found = withToken(token).original;
    if (!found) throw unknownMessage();
    return found;
  }

  return { start, answer, editOriginal, edit, followUp, original };
}
export type Interactions = ReturnType<typeof createInteractions>;
