/**
 * The wire between bots and relays, as both see it. Two implementations, one contract suite:
 * NATS (`nats-bus.ts`) and one process (`memory-bus.ts`).
 *
 * Delivery is at most once, like core NATS: whoever needs more keeps what it sent until it is
 * answered. Subjects are dot-separated tokens; a subscription may use `*` for one token and a
 * final `>` for one or more.
 */
export interface MessageBus {
  /** Sends without waiting; delivered to every plain subscriber and one of each queue group. */
  publish(subject: string, payload: Uint8Array): void;

  /**
   * Sends and waits for the first reply, or for the first that `isReply` takes for one.
   * Rejects with {@link BusError}: `no-responders` at once when nobody listens, `timeout` after
   * `timeoutMs`, `closed` when the bus is stopped meanwhile, `aborted` when `signal` fires.
   */
  request(subject: string, payload: Uint8Array, options: RequestOptions): Promise<Uint8Array>;

  /**
   * Handlers of one subscription start in order of arrival and are not awaited; what a handler
   * throws or rejects with goes to the bus's `onError`, never further.
   */
  subscribe(subject: string, options: SubscribeOptions, handler: MessageHandler): Subscription;

  /** Resolves when everything published so far has reached the server. */
  flush(): Promise<void>;

  /** Calls back on each change of connection, and at once with the present one. */
  onStatus(listener: (status: BusStatus) => void): void;

  /** Stops taking new messages, lets those in hand finish, flushes, closes. */
  stop(): Promise<void>;
}

export interface RequestOptions {
  timeoutMs: number;
  /**
   * Subject under which the reply is awaited, for a peer that may publish only below its own
   * prefix; must be new for each request. Default: an inbox of this connection.
   */
  replyTo?: string;
  /**
   * A pattern that `replyTo` falls under. One subscription then serves every request with the same
   * pattern, so that asking costs none of its own.
   */
  repliesOn?: string;
  /** What it says no to is passed over, and the request waits on: on a bus, anybody may answer. */
  isReply?(payload: Uint8Array): Promise<boolean>;
  signal?: AbortSignal;
}

export interface SubscribeOptions {
  /** Members of one queue group share the messages: each goes to one of them. */
  queue?: string;
}

export interface BusMessage {
  subject: string;
  payload: Uint8Array;
  /** Subject a reply would go to; absent if none was asked for. */
  replyTo?: string;
  /** Answers; does nothing when no reply was asked for. */
  respond(payload: Uint8Array): void;
}

export type MessageHandler = (message: BusMessage) => void | Promise<void>;

export interface Subscription {
  unsubscribe(): void;
}

export type BusStatus = { connected: true; server: string } | { connected: false; reason: string };

export type BusErrorCode = "no-responders" | "timeout" | "closed" | "aborted" | "too-large";

export class BusError extends Error {
  override readonly name = "BusError";
  readonly code: BusErrorCode;

  constructor(code: BusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
