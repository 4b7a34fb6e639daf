import { once } from "node:events";
import { createServer } from "node:http";
import { type Gateway, startGateway } from "./gateway.ts";
import { createInteractions, type Interaction } from "./interactions.ts";
import { createMessage, editMessage } from "./messages.ts";
import { messagePayload } from "./payloads.ts";
import { createRateLimits, type RateLimits } from "./rate-limits.ts";
import { answerRequest, type Seen } from "./rest.ts";
import {
  addChannel,
  type Channel,
  createWorld,
  newUser,
  type StoredMessage,
  type User,
  type World,
} from "./world.ts";

export interface Said {
  type?: number;
  webhookId?: string;
  atMs?: number;
}

/** Discord, as far as a bot can tell, with one guild and one text channel. */
export interface DiscordServer {
  apiUrl: string;
  token: string;
  world: World;
  gateway: Gateway;
  rates: RateLimits;
  general: Channel;
  /** Every request, oldest first. */
  seen: readonly Seen[];
  addUser(username: string, change?: Partial<User>): User;
  say(author: User, channel: Channel, content: string, said?: Said): StoredMessage;
  edit(message: StoredMessage, content: string): void;
  /** A slash command, as `data` of an interaction describes it. */
  command(user: User, channel: Channel, data: unknown): Interaction;
  autocomplete(user: User, channel: Channel, data: unknown): Interaction;
  press(user: User, message: StoredMessage, customId: string): Interaction;
  /** What the bot has said, oldest first: everywhere, or in one channel. */
  said(channel?: Channel): StoredMessage[];
  /** A message as the gateway tells of it. */
  payloadOf(message: StoredMessage): unknown;
  /** Another token counts from now on. */
  changeToken(token: string): void;
  /** Some answers get lost on their way, and a status comes instead; with nothing, no more. */
  trouble(trouble?: (route: string) => number | undefined): void;
  stop(): Promise<void>;
}

export interface DiscordServerOptions {
  port?: number;
  heartbeatMs?: number;
  mayReadContent?: boolean;
  nowMs?: () => number;
}

export async function startDiscordServer(
  options: DiscordServerOptions = {},
): Promise<DiscordServer> {
  const { port = 0, heartbeatMs = 41_250, mayReadContent = true } = options;
  const { nowMs = () => performance.now() } = options;
  const world = createWorld();
  const rates = createRateLimits();
  const seen: Seen[] = [];
  let token = `${Buffer.from(world.applicationId).toString("base64")}.test.token`;
  let trouble: ((route: string) => number | undefined) | undefined;
  const general = addChannel(world, { type: 0, guildId: world.guild.id });

  const http = createServer((request, response) => {
    answerRequest(rest, request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(error instanceof Error ? error.stack : String(error));
    });
  });
  const known = () => token;
  const gateway = startGateway(http, {
    world,
    token: known,
    mayReadContent: () => mayReadContent,
    heartbeatMs,
  });
  const interactions = createInteractions(world, gateway, nowMs);
  const rest = { world, gateway, interactions, rates, seen, token: known, trouble: () => trouble };
  http.listen(port, "127.0.0.1");
  await once(http, "listening");
  const at = http.address();
  const url = `http://127.0.0.1:${typeof at === "object" && at !== null ? at.port : 0}/api`;

  return {
    apiUrl: url,
    get token() {
      return token;
    },
    world,
    gateway,
    rates,
    general,
    seen,
    addUser(username, change) {
      const user = newUser(world.nextId(), username, change);
      world.users.set(user.id, user);
      return user;
    },
    say: (author, { id: channelId }, content, said = {}) =>
      createMessage(world, gateway, { channelId, author, form: { content }, ...said }),
    edit: (message, content) => editMessage(world, gateway, message, { content }),
    command: (user, channel, data) => interactions.start({ type: 2, user, channel, data }),
    autocomplete: (user, channel, data) => interactions.start({ type: 4, user, channel, data }),
    press(user, message, customId) {
      const channel = world.channels.get(message.channelId) ?? general;
      const data = { component_type: 2, custom_id: customId };
      return interactions.start({ type: 3, user, channel, data, message });
    },
    said: (channel) =>
      [...world.messages.values()].filter(
        ({ author, channelId }) => author === world.bot && (!channel || channelId === channel.id),
      ),
    payloadOf: (message) => messagePayload(world, message),
    changeToken(next) {
      token = next;
    },
    trouble(next) {
      trouble = next;
    },
    async stop() {
      gateway.stop();
      http.closeAllConnections();
      http.close();
      await once(http, "close").catch(() => {});
    },
  };
}
