import { z } from "zod";
import { readCommands } from "./command-form.ts";
import type { Gateway } from "./gateway.ts";
import type { Interactions } from "./interactions.ts";
import { LIMITS, RATES, type Rate } from "./limits.ts";
import { readEditForm, readMessageForm } from "./message-form.ts";
import { createMessage, editMessage, withSameNonce } from "./messages.ts";
import { channelPayload, messagePayload, userPayload } from "./payloads.ts";
import {
  cannotMessageUser,
  missingAccess,
  missingPermissions,
  notTheAuthor,
  type Reply,
  readForm,
  threadExists,
  unknownChannel,
  unknownMessage,
} from "./refusal.ts";
import type { RequestBody } from "./request-body.ts";
import {
  addChannel,
  type Channel,
  directChannel,
  type StoredMessage,
  type World,
} from "./world.ts";

export interface Landscape {
  world: World;
  gateway: Gateway;
  interactions: Interactions;
}

export interface Asked extends RequestBody {
  /** What stands in the path where the pattern has a name. */
  ids: Readonly<Record<string, string>>;
  query: URLSearchParams;
}

export interface Route {
  method: string;
  path: string;
  /** By the channel or webhook in the path. */
  rate?: Rate;
  needsToken: boolean;
  answer(landscape: Landscape, asked: Asked): Reply;
}

const Recipient = z.object({ recipient_id: z.string() });
const Thread = z.object({
  name: z.string().min(1).max(LIMITS.threadNameCharacters.is),
  auto_archive_duration: z.literal([60, 1440, 4320, 10080]).optional(),
});

/** Every route that the bot may use, as `METHOD /path`. */
export const ROUTES: readonly Route[] = [
  route("GET /gateway/bot", ({ gateway }) =>
    ok({
      url: gateway.url(),
      shards: 1,
      session_start_limit: { total: 1000, remaining: 999, reset_after: 1, max_concurrency: 1 },
    }),
  ),
  route("GET /users/@me", ({ world }) => ok(userPayload(world.bot))),
  route("POST /users/@me/channels", ({ world }, { json }) => {
    const user = world.users.get(readForm(Recipient, json).recipient_id);
    if (!user) throw cannotMessageUser();
    return ok(channelPayload(world, directChannel(world, user)));
  }),
  route("GET /applications/@me", ({ world }) => ok({ id: world.applicationId, name: "Aldis" })),
  route("PUT /applications/:application/commands", ({ world }, { json }) => {
    world.commands = readCommands(json);
    return ok(world.commands.map((command) => ({ ...command, id: world.nextId() })));
  }),
  route("GET /channels/:channel", ({ world }, { ids }) =>
    ok(channelPayload(world, seenChannel(world, ids.channel))),
  ),
  route("GET /channels/:channel/messages", ({ world }, { ids, query }) => {
    const channel = seenChannel(world, ids.channel);
    const after = BigInt(query.get("after") ?? 0);
    const limit = z.coerce.number().int().min(1).max(LIMITS.historyMessages.is);
    const most = readForm(limit, query.get("limit") ?? 50);
    // With `after` the oldest of those that follow it; newest first within the answer.
    const found = [...world.messages.values()]
      .filter((each) => each.channelId === channel.id && !each.isEphemeral && !each.isDeleted)
      .filter((each) => BigInt(each.id) > after)
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    const page = query.has("after") ? found.slice(0, most) : found.slice(-most);
    return ok(page.reverse().map((message) => messagePayload(world, message)));
  }),
  route(
    "POST /channels/:channel/messages",
    ({ world, gateway }, { ids, json, files }) => {
      const channel = seenChannel(world, ids.channel);
      const recipient = world.users.get(channel.recipientId ?? "");
      if (recipient && !recipient.takesDirectMessages) throw cannotMessageUser();
      if (!channel.botMay.send) throw missingPermissions();
      const form = readMessageForm(json, files);
      const same = withSameNonce(world, form);
      const made = { channelId: channel.id, author: world.bot, form, files };
      return ok(messagePayload(world, same ?? createMessage(world, gateway, made)));
    },
    RATES.createMessage,
  ),
  route("GET /channels/:channel/messages/:message", ({ world }, { ids }) =>
    ok(messagePayload(world, seenMessage(world, ids))),
  ),
  route(
    "PATCH /channels/:channel/messages/:message",
    ({ world, gateway }, { ids, json, files }) => {
      const message = seenMessage(world, ids);
      if (message.author !== world.bot) throw notTheAuthor();
      editMessage(world, gateway, message, readEditForm(json), files);
      return ok(messagePayload(world, message));
    },
    RATES.editMessage,
  ),
  route(
    "PUT /channels/:channel/messages/:message/reactions/:emoji/@me",
    ({ world }, { ids }) => {
      const message = seenMessage(world, ids);
      if (!world.channels.get(message.channelId)?.botMay.react) throw missingPermissions();
      message.reactions.add(ids.emoji ?? "");
      message.reacted.push(ids.emoji ?? "");
      return { status: 204 };
    },
    RATES.reaction,
  ),
  route(
    "DELETE /channels/:channel/messages/:message/reactions/:emoji/@me",
    ({ world }, { ids }) => {
      seenMessage(world, ids).reactions.delete(ids.emoji ?? "");
      return { status: 204 };
    },
    RATES.reaction,
  ),
  route("POST /channels/:channel/messages/:message/threads", ({ world, gateway }, asked) => {
    const message = seenMessage(world, asked.ids);
    const channel = seenChannel(world, asked.ids.channel);
    if (!channel.botMay.startThreads || channel.type !== 0) throw missingPermissions();
    if (world.channels.has(message.id)) throw threadExists();
    const { name } = readForm(Thread, asked.json);
    const { id } = message;
    const { guildId, id: parentId } = channel;
    const thread = addChannel(world, { id, type: 11, name, parentId, ...(guildId && { guildId }) });
    gateway.publish(() => ({ t: "THREAD_CREATE", d: channelPayload(world, thread) }));
    return { status: 201, body: channelPayload(world, thread) };
  }),
  withoutToken(
    "POST /interactions/:interaction/:token/callback",
    ({ interactions }, { ids, json, files }) =>
      interactions.answer(ids.interaction ?? "", ids.token ?? "", json, files),
  ),
  withoutToken(
    "POST /webhooks/:webhook/:token",
    ({ interactions }, { ids, json, files }) => interactions.followUp(ids.token ?? "", json, files),
    RATES.webhook,
  ),
  withoutToken(
    "GET /webhooks/:webhook/:token/messages/@original",
    ({ world, interactions }, { ids }) =>
      ok(messagePayload(world, interactions.original(ids.token ?? ""))),
    RATES.webhook,
  ),
  withoutToken(
    "PATCH /webhooks/:webhook/:token/messages/@original",
    ({ interactions }, { ids, json, files }) =>
      interactions.editOriginal(ids.token ?? "", json, files),
    RATES.webhook,
  ),
  withoutToken(
    "PATCH /webhooks/:webhook/:token/messages/:message",
    ({ interactions }, { ids, json, files }) =>
      interactions.edit(ids.token ?? "", ids.message ?? "", json, files),
    RATES.webhook,
  ),
];

function route(line: string, answer: Route["answer"], rate?: Rate): Route {
  const [method = "", path = ""] = line.split(" ");
  return { method, path, needsToken: true, answer, ...(rate && { rate }) };
}

/** What shows by the interaction's token that it may. */
function withoutToken(line: string, answer: Route["answer"], rate?: Rate): Route {
  return { ...route(line, answer, rate), needsToken: false };
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function seenChannel(world: World, id: string | undefined): Channel {
  const channel = world.channels.get(id ?? "");
  if (!channel) throw unknownChannel();
  if (!channel.botMay.view) throw missingAccess();
  return channel;
}

/** An ephemeral message is nobody's but its interaction's. */
function seenMessage(world: World, ids: Asked["ids"]): StoredMessage {
  const channel = seenChannel(world, ids.channel);
  const message = world.messages.get(ids.message ?? "");
  const isHere = message?.channelId === channel.id && !message.isEphemeral && !message.isDeleted;
  if (!message || !isHere) throw unknownMessage();
  return message;
}
