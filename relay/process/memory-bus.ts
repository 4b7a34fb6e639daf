import { randomUUID } from "node:crypto";
import { BusError, type MessageBus, type MessageHandler, type RequestOptions } from "./bus.ts";
import { createPendingRequests } from "./bus-requests.ts";
import { createStatusBoard } from "./bus-status.ts";
import { checkPattern, checkSubject } from "./bus-subjects.ts";
import type { Clock } from "./clock.ts";
import { createHandlerRuns } from "./handler-runs.ts";
import {
  createMemoryBroker,
  type MemoryBroker,
  type MemorySubscription,
  type Schedule,
} from "./memory-broker.ts";

/** What NATS allows by default, so that no message passes here that would not pass there. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;

export interface MemoryBusOptions {
  /** Default: `setImmediate`. */
  schedule?: Schedule;
}

export interface MemoryPeerOptions {
  inboxPrefix?: string;
  /** How long handlers in hand may take once the bus stops. */
  stopTimeoutMs?: number;
  /** Default: that of this process. */
  clock?: Clock;
  onError(error: unknown): void;
}

export interface MemoryBus {
  /** A connection of its own, as another process would have. */
  connect(options: MemoryPeerOptions): MessageBus;
}

/** One broker within this process, for simple mode and for tests. */
export function createMemoryBus(options: MemoryBusOptions = {}): MemoryBus {
  const broker = createMemoryBroker(options.schedule ?? ((deliver) => void setImmediate(deliver)));
  return { connect: (peer) => connectPeer(broker, peer) };
}

function connectPeer(broker: MemoryBroker, options: MemoryPeerOptions): MessageBus {
  const runs = createHandlerRuns(options.onError, options.clock);
  const requests = createPendingRequests(options.clock);
  const board = createStatusBoard({ connected: true, server: "in-process" });
  const inbox = `${options.inboxPrefix ?? "_INBOX"}.${randomUUID()}`;
  const subscriptions = new Set<MemorySubscription>();
  let requestNumber = 0;
  let closed = false;

  function send(subject: string, payload: Uint8Array, replyTo?: string): number {
    if (closed) throw new BusError("closed", "the bus is stopped");
    checkSubject(subject);
    if (payload.byteLength > MAX_PAYLOAD_BYTES) {
      throw new BusError("too-large", `${payload.byteLength} bytes to ${subject} are too many`);
    }
    return broker.publish(subject, payload, replyTo);
  }

  function listen(pattern: string, queue: string | undefined, handler: MessageHandler) {
    if (closed) throw new BusError("closed", "the bus is stopped");
    checkPattern(pattern);
    return broker.subscribe(pattern, queue, ({ subject, payload, replyTo }) => {
      const respond = (answer: Uint8Array) => {
        if (replyTo !== undefined) send(replyTo, answer);
      };
      const reply = replyTo === undefined ? {} : { replyTo };
      runs.start(handler, { subject, payload, respond, ...reply });
    });
  }

  async function request(subject: string, payload: Uint8Array, wish: RequestOptions) {
    const replyTo = wish.replyTo ?? `${inbox}.${++requestNumber}`;
    const replies = listen(replyTo, undefined, (message) => pending.answer(message.payload));
    const pending = requests.open(subject, wish, () => replies.remove());
    pending.reply.catch(() => {});
    try {
      const nobody = !wish.signal?.aborted && send(subject, payload, replyTo) === 0;
      if (nobody) pending.fail("no-responders", `nobody listens on ${subject}`);
    } catch (error) {
      pending.fail("closed", "not sent");
      throw error;
    }
    return pending.reply;
  }

  return {
    publish: (subject, payload) => void send(subject, payload),
    request,
    subscribe(subject, { queue }, handler) {
      const subscription = listen(subject, queue, handler);
      subscriptions.add(subscription);
      return {
        unsubscribe() {
          subscriptions.delete(subscription);
          subscription.remove();
        },
      };
    },
    async flush() {
      if (closed) throw new BusError("closed", "the bus is stopped");
    },
    onStatus: board.onStatus,
    async stop() {
      if (closed) return;
      await Promise.all([...subscriptions].map((subscription) => subscription.drain()));
      await runs.finished(options.stopTimeoutMs ?? 5_000);
      closed = true;
      requests.failAll("closed", "the bus was stopped");
      board.set({ connected: false, reason: "stopped" });
    },
  };
}
