import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, credsAuthenticator, type NatsConnection } from "nats";
import { onTestFinished } from "vitest";
import { makeNatsConfig } from "../../bot/cli/nats-config.ts";
import { makeCreds, publicKeyOf, type UserIssuer } from "../../bot/relays/nats-accounts.ts";
import type { NatsPermissions } from "../../bot/relays/nats-permissions.ts";
import { type NatsServer, startNatsServer } from "./nats-server.ts";

/** A stock nats-server under the configuration that `aldis nats config` has written. */
export interface GuardedNats {
  server: NatsServer;
  directory: string;
  /** `tls://` where the server has a certificate. */
  url: string;
  issuer: UserIssuer;
  read(name: string): Promise<string>;
  /** A connection of a user whom the account's signing key has vouched for. */
  connectAs(permissions: NatsPermissions, inboxPrefix?: string): Promise<NatsConnection>;
  connectWith(creds: string, inboxPrefix?: string): Promise<NatsConnection>;
}

export const EVERYTHING: NatsPermissions = { pub: { allow: [">"] }, sub: { allow: [">"] } };

export async function startGuardedNats(options: { tls?: boolean } = {}): Promise<GuardedNats> {
  const directory = await mkdtemp(join(tmpdir(), "aldis-guarded-"));
  const isTls = options.tls ?? false;
  await makeNatsConfig({ dir: directory, server: "nats://127.0.0.1:4222", makeTls: isTls });
  const server = await startGuardedServer(directory);
  const url = isTls ? server.url.replace("nats:", "tls:") : server.url;
  const read = (name: string) => readFile(join(directory, name), "utf8");
  const ca = isTls ? await read("tls/ca.pem") : undefined;
  const issuer = {
    accountId: await publicKeyOf(await read("offline/account.seed")),
    seed: await read("account-signing.seed"),
  };
  const opened: NatsConnection[] = [];

  async function connectWith(creds: string, inboxPrefix = "_INBOX"): Promise<NatsConnection> {
    const connection = await connect({
      servers: server.url,
      authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
      inboxPrefix,
      noAsyncTraces: true,
      ...(ca !== undefined && { tls: { ca } }),
    });
    opened.push(connection);
    return connection;
  }

  onTestFinished(async () => {
    for (const connection of opened) await connection.close();
    await server.kill();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    server,
    directory,
    url,
    issuer,
    read,
    connectWith,
    connectAs: async (permissions, inboxPrefix) =>
      connectWith(await makeCreds(issuer, { name: "test", permissions }), inboxPrefix),
  };
}

/** The server again, where another has stood. */
export function startGuardedServer(directory: string, port?: number): Promise<NatsServer> {
  return startNatsServer({
    args: ["--config", join(directory, "nats-server.conf")],
    ...(port !== undefined && { port }),
  });
}

/** Of these subjects, those on which a message of `from` reaches the server's other users. */
export async function publishable(
  from: NatsConnection,
  observer: NatsConnection,
  subjects: readonly string[],
): Promise<string[]> {
  const heard: string[] = [];
  const subscription = observer.subscribe(">", {
    callback: (_, message) => void heard.push(message.subject),
  });
  await observer.flush();
  for (const subject of subjects) from.publish(subject, "probe");
  await from.flush();
  // What the server has let pass lies before the answer to this.
  await observer.flush();
  subscription.unsubscribe();
  return heard.filter((subject) => subjects.includes(subject));
}

/** Of these subjects, those on which `to` hears what another publishes. */
export async function audible(
  to: NatsConnection,
  publisher: NatsConnection,
  subjects: readonly (readonly [subscribed: string, published: string, ...unknown[]])[],
): Promise<string[]> {
  const heard = new Set<string>();
  for (const [subscribed] of subjects) {
    to.subscribe(subscribed, { callback: (error) => void (error ?? heard.add(subscribed)) });
  }
  await to.flush();
  for (const [, published] of subjects) publisher.publish(published, "probe");
  await publisher.flush();
  await to.flush();
  return [...heard];
}
