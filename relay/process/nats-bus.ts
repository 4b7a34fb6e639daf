import {
  type ConnectionOptions,
  connect,
  createInbox,
  credsAuthenticator,
  DebugEvents,
  ErrorCode,
  Events,
  jwtAuthenticator,
  type Msg,
  type NatsConnection,
  NatsError,
  type Subscription as NatsSubscription,
  type TlsOptions,
} from "nats";
import { atMost } from "./at-most.ts";
import { BusError, type BusMessage, type MessageBus, type RequestOptions } from "./bus.ts";
import { createPendingRequests, type PendingRequest } from "./bus-requests.ts";
import { createStatusBoard, type StatusBoard } from "./bus-status.ts";
import { checkPattern, checkSubject } from "./bus-subjects.ts";
import { createHandlerRuns } from "./handler-runs.ts";
import { keepTrying } from "./keep-trying.ts";
import type { Logger } from "./logger.ts";
import {
  type NatsCredentials,
  parseNatsUrl,
  reconnectDelayMs,
  tlsWithHost,
} from "./nats-options.ts";

export interface NatsBusOptions {
  /** `nats://` or `tls://` URLs of one cluster; a user and password in the first one count. */
  servers: string | readonly string[];
  /** Shown in the server's list of connections. */
  name: string;
  /** Subject below which replies are awaited; default `_INBOX`. */
  inboxPrefix?: string;
  tls?: TlsOptions;
  credentials?: NatsCredentials;
  /** Gives up waiting for the first connection. */
  signal?: AbortSignal;
  /** How long handlers in hand may take once the bus stops. */
  stopTimeoutMs?: number;
  onError(error: unknown): void;
  log: Logger;
}

/**
 * Connects, for as long as it takes, and stays connected: a lost server is looked for until
 * `stop`. What is published meanwhile may be lost, as on any wire. Rejects only when aborted, with
 * {@link BusError} `aborted`.
 */
export async function connectNats(options: NatsBusOptions): Promise<MessageBus> {
  const { log } = options;
  const attempts = { failed: 0 };
  const wish = natsOptions(options, () => reconnectDelayMs(attempts.failed));
  const connection = await keepTrying(() => connect(wish), {
    signal: options.signal,
    delayMs: (attempt) => reconnectDelayMs(attempt),
    onFailure: (error, retryMs) =>
      log.warn({ servers: wish.servers, reason: reasonOf(error), retryMs }, "bus not reachable"),
    discard: (late) => late.close(),
  });
  const board = createStatusBoard({ connected: true, server: connection.getServer() });
  log.info({ server: connection.getServer() }, "bus connected");
  const bus = busOver(connection, board, options);
  void followStatus(connection, board, options, attempts);
  void connection.closed().then((error) => {
    board.set({ connected: false, reason: error ? reasonOf(error) : "stopped" });
    if (error) options.onError(error);
  });
  return bus;
}

function natsOptions(options: NatsBusOptions, delayMs: () => number): ConnectionOptions {
  const urls = typeof options.servers === "string" ? [options.servers] : options.servers;
  const addresses = urls.map(parseNatsUrl);
  const credentials = options.credentials ?? addresses[0]?.credentials;
  const tls = options.tls ?? (addresses.some((address) => address.tls) ? {} : undefined);
  return {
    servers: addresses.map((address) => address.server),
    name: options.name,
    timeout: 5_000,
    // A server that stands still is given up after some 12 s.
    pingInterval: 4_000,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    // A server that is being reconfigured may refuse us for a while.
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: delayMs,
    noAsyncTraces: true,
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
    ...(tls ? { tls: tlsWithHost(tls, addresses) } : {}),
    ...(credentials ? authentication(credentials) : {}),
  };
}

function authentication(credentials: NatsCredentials): ConnectionOptions {
  if ("token" in credentials) return { token: credentials.token };
  if ("user" in credentials) return { user: credentials.user, pass: credentials.password };
  const bytes = (text: string) => new TextEncoder().encode(text);
  if ("creds" in credentials)
    return { authenticator: credsAuthenticator(bytes(credentials.creds)) };
  return { authenticator: jwtAuthenticator(credentials.jwt, bytes(credentials.seed)) };
}

async function followStatus(
  connection: NatsConnection,
  board: StatusBoard,
  { log, onError }: NatsBusOptions,
  attempts: { failed: number },
): Promise<void> {
  for await (const { type, data, permissionContext } of connection.status()) {
    const server = connection.getServer();
    if (type === Events.Disconnect && board.current().connected) {
      board.set({ connected: false, reason: `connection to ${server} lost` });
      log.warn({ server }, "bus lost, reconnecting");
    } else if (type === DebugEvents.Reconnecting) {
      attempts.failed += 1;
    } else if (type === Events.Reconnect) {
      attempts.failed = 0;
      board.set({ connected: true, server });
      log.info({ server }, "bus connected again");
    } else if (type === Events.Error && data === ErrorCode.AuthorizationViolation) {
      log.warn({ server, reason: data }, "the bus refuses this user, trying again");
    } else if (type === Events.Error) {
      const { operation = "", subject = "" } = permissionContext ?? {};
      onError(new Error(`the bus refused: ${[data, operation, subject].join(" ").trim()}`));
    }
  }
}

function busOver(
  connection: NatsConnection,
  board: StatusBoard,
  options: NatsBusOptions,
): MessageBus {
  const runs = createHandlerRuns(options.onError);
  const requests = createPendingRequests();
  const subscriptions = new Set<NatsSubscription>();
  const waiting = new Map<string, PendingRequest>();
  const inbox = createInbox(options.inboxPrefix);
  /** Where replies are listened for, for good. */
  const hearing = new Set<string>();
  let requestNumber = 0;
  let stopped: Promise<void> | undefined;

  function hearReplies(pattern: string): void {
    if (hearing.has(pattern)) return;
    hearing.add(pattern);
    // The client's parser would not survive an exception, so nothing here throws.
    connection.subscribe(pattern, {
      callback(error, message) {
        if (!error) return settle(waiting.get(message.subject), message);
        options.onError(error);
        hearing.delete(pattern);
      },
    });
  }

  function send(subject: string, payload: Uint8Array, replyTo?: string): void {
    checkSubject(subject);
    try {
      connection.publish(subject, payload, replyTo === undefined ? {} : { reply: replyTo });
    } catch (error) {
      throw toBusError(error, subject);
    }
  }

  async function request(subject: string, payload: Uint8Array, wish: RequestOptions) {
    if (connection.isClosed()) throw new BusError("closed", "the bus is stopped");
    const replyTo = wish.replyTo ?? `${inbox}.${++requestNumber}`;
    checkSubject(replyTo);
    let own: NatsSubscription | undefined;
    const pending = requests.open(subject, wish, () => {
      waiting.delete(replyTo);
      own?.unsubscribe();
    });
    // Nobody may be waiting for the reply yet when the request fails below.
    pending.reply.catch(() => {});
    if (wish.signal?.aborted) return pending.reply;
    const pattern = wish.replyTo === undefined ? `${inbox}.*` : wish.repliesOn;
    if (pattern !== undefined) {
      waiting.set(replyTo, pending);
      hearReplies(pattern);
    } else {
      own = connection.subscribe(replyTo, {
        callback: (error, message) => (error ? options.onError(error) : settle(pending, message)),
      });
    }
    try {
      send(subject, payload, replyTo);
    } catch (error) {
      pending.fail("closed", "not sent");
      throw error;
    }
    return pending.reply;
  }

  function received(message: Msg): BusMessage {
    const replyTo = message.reply;
    const respond = (payload: Uint8Array) => {
      if (replyTo) send(replyTo, payload);
    };
    const reply = replyTo ? { replyTo } : {};
    return { subject: message.subject, payload: message.data, respond, ...reply };
  }

  async function stop(): Promise<void> {
    const patienceMs = options.stopTimeoutMs ?? 5_000;
    if (board.current().connected) {
      await atMost(
        patienceMs,
        [...subscriptions].map((subscription) => subscription.drain()),
      );
    }
    await runs.finished(patienceMs);
    requests.failAll("closed", "the bus was stopped");
    if (board.current().connected) await atMost(patienceMs, [connection.flush()]);
    await connection.close();
  }

  return {
    publish: (subject, payload) => send(subject, payload),
    request,
    subscribe(subject, { queue }, handler) {
      checkPattern(subject);
      if (connection.isClosed()) throw new BusError("closed", "the bus is stopped");
      const subscription = connection.subscribe(subject, {
        ...(queue === undefined ? {} : { queue }),
        callback: (error, message) =>
          error ? options.onError(error) : runs.start(handler, received(message)),
      });
      subscriptions.add(subscription);
      return {
        unsubscribe() {
          subscriptions.delete(subscription);
          subscription.unsubscribe();
        },
      };
    },
    async flush() {
      await connection.flush().catch((error: unknown) => {
        throw toBusError(error, "flush");
      });
    },
    onStatus: board.onStatus,
    stop: () => (stopped ??= stop()),
  };
}

function settle(pending: PendingRequest | undefined, message: Msg): void {
  const nobody = message.data.length === 0 && message.headers?.code === 503;
  if (nobody) pending?.fail("no-responders", "nobody listens");
  else pending?.answer(message.data);
}

function toBusError(error: unknown, subject: string): unknown {
  if (!(error instanceof NatsError)) return error;
  if (error.code === ErrorCode.MaxPayloadExceeded) {
    return new BusError("too-large", `the message to ${subject} is too large`, { cause: error });
  }
  return new BusError("closed", `the bus is not connected (${error.code})`, { cause: error });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
