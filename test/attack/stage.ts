import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Events, type NatsConnection } from "nats";
import { enableBundle, installBundle } from "../../bot/bundles/installed.ts";
import { type NatsPermissions, relayPermissions } from "../../bot/relays/nats-permissions.ts";
import { relayDirectory } from "../../relay/identity.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { readSigningKey, type SigningKey } from "../../relay/wire/keys.ts";
import { inboxOf } from "../../relay/wire/subjects.ts";
import { DEMO, say, type Talk } from "../support/bot.ts";
import { type GuardedNats, startGuardedNats } from "../support/guarded-nats.ts";
import { type NatsBot, newHost, startNatsBots, startRelayHost } from "../support/nats-bot.ts";

/** A bot, its one honest relay, and a relay of which an attacker has all there is to have. */
export interface Stage {
  nats: GuardedNats;
  bot: NatsBot;
  victim: string;
  mallory: Mallory;
  say(text: string): Talk;
}

export interface Mallory {
  id: string;
  key: SigningKey;
  connection: NatsConnection;
  /** What came back to its inbox. */
  answers: Uint8Array[];
  /** Subjects that the server kept from it. */
  forbidden: string[];
  /** Says it, and asks for an answer to its own inbox. */
  send(subject: string, payload: Uint8Array): Promise<void>;
}

/** `permissions`: in place of those that the server gives a relay. */
export async function startStage(permissions?: NatsPermissions): Promise<Stage> {
  const nats = await startGuardedNats();
  const bot = await (await startNatsBots(nats)).start();
  await install(bot);
  const { identity } = await startRelayHost(bot, "victim");
  const mallory = await joinMallory(nats, bot, permissions);
  return { nats, bot, victim: identity.relayId, mallory, say: (text) => say(bot, text) };
}

async function install(bot: NatsBot): Promise<void> {
  const actor = { userId: undefined, method: "test" };
  const source = { text: DEMO, file: "demo.yaml" };
  const installed = await installBundle(bot.dispatch, bot.workspaceId, source, actor);
  if (!installed.ok) throw new Error(installed.errors.join("\n"));
  await enableBundle(bot.store, bot.workspaceId, installed.bundle.name, undefined, actor);
}

async function joinMallory(
  nats: GuardedNats,
  bot: NatsBot,
  permissions: NatsPermissions | undefined,
): Promise<Mallory> {
  const host = await newHost();
  const joined = await host.join(await bot.invite("mallory"));
  if (!joined.ok) throw new Error(joined.reason);
  const { relayId: id } = joined.identity;
  const pem = await readFile(join(relayDirectory(host.dataDirectory), "signing.pem"), "utf8");
  const connection = await nats.connectAs(permissions ?? relayPermissions(id), inboxOf(id));
  const forbidden: string[] = [];
  void noteForbidden(connection, forbidden);
  const answers: Uint8Array[] = [];
  connection.subscribe(`${inboxOf(id)}.>`, { callback: (_, { data }) => void answers.push(data) });
  await connection.flush();
  return {
    id,
    key: readSigningKey(pem),
    connection,
    answers,
    forbidden,
    async send(subject, payload) {
      connection.publish(subject, payload, { reply: `${inboxOf(id)}.${randomName()}` });
      await connection.flush();
    },
  };
}

async function noteForbidden(connection: NatsConnection, forbidden: string[]): Promise<void> {
  for await (const { type, permissionContext } of connection.status()) {
    if (type === Events.Error && permissionContext) forbidden.push(permissionContext.subject);
  }
}
