import type { RelayConfig } from "./config.ts";
import { EXIT, RelayFailure } from "./failure.ts";
import { type Identity, readNatsIdentity } from "./identity.ts";
import { BusError, type MessageBus } from "./process/bus.ts";
import type { Logger } from "./process/logger.ts";
import { readNamedFile } from "./process/named-file.ts";
import { connectNats } from "./process/nats-bus.ts";
import { type NatsAccess, natsAccess } from "./process/nats-options.ts";
import { inboxOfToken, type JoinToken } from "./wire/join-token.ts";
import { inboxOf } from "./wire/subjects.ts";

export interface ConnectOptions {
  config: RelayConfig;
  log: Logger;
  /** Gives up connecting. */
  signal?: AbortSignal;
}

const JOIN_WITHIN_MS = 30_000;

/** Connects as the user that the bot has vouched for; files that the owner names come first. */
export async function connectAsRelay(
  options: ConnectOptions,
  identity: Identity,
  directory: string,
): Promise<MessageBus> {
  const servers = options.config["nats.url"] ?? identity.nats;
  if (servers === undefined) {
    const line = 'set ALDIS_NATS_URL, or "nats.url" in aldis.yaml: the join token named no server';
    throw new RelayFailure(line, EXIT.configuration);
  }
  const { user, ca } = await readNatsIdentity(directory);
  const named = await readNamedAccess(options.config);
  return connectNats({
    servers,
    name: `aldis relay ${identity.name}`,
    inboxPrefix: inboxOf(identity.relayId),
    ...natsAccess(undefined, ca),
    ...(user && { credentials: user }),
    ...named,
    ...common(options),
  });
}

/** Connects as a newcomer, who may enrol with this token and do nothing else. */
export async function connectToJoin(
  options: ConnectOptions,
  token: JoinToken,
): Promise<MessageBus> {
  const servers = options.config["nats.url"] ?? token.nats;
  if (servers === undefined) {
    const line = "the token names no NATS server: set ALDIS_NATS_URL";
    throw new RelayFailure(line, EXIT.configuration);
  }
  try {
    return await connectNats({
      servers,
      name: "aldis relay join",
      inboxPrefix: inboxOfToken(token.token),
      ...natsAccess(undefined, token.ca),
      ...(await readNamedAccess(options.config)),
      ...(token.user && { credentials: token.user }),
      ...common(options),
      signal: options.signal ?? AbortSignal.timeout(JOIN_WITHIN_MS),
    });
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    const line = `not joined: the NATS server did not let this host in within ${JOIN_WITHIN_MS / 1000} s, as said above; a token is good for a day`;
    throw new RelayFailure(line, EXIT.unavailable, { cause: error });
  }
}

function common({ log, signal }: ConnectOptions) {
  const onError = (error: unknown) => log.error({ err: error }, "a message met a fault");
  return { ...(signal && { signal }), onError, log };
}

async function readNamedAccess(config: RelayConfig): Promise<NatsAccess> {
  const creds = await readNamedFile("nats.creds_file", config["nats.creds_file"]);
  const ca = await readNamedFile("nats.ca_file", config["nats.ca_file"]);
  if (!creds.ok) throw new RelayFailure(creds.reason, EXIT.configuration);
  if (!ca.ok) throw new RelayFailure(ca.reason, EXIT.configuration);
  return natsAccess(creds.text === undefined ? undefined : { creds: creds.text }, ca.text);
}
