import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ACKNOWLEDGE_WITHIN_MS } from "./limits.ts";
import type { Socket } from "./web-socket.ts";

const Acknowledgement = z.object({ envelope_id: z.string() });

export interface Envelope {
  type: "events_api" | "slash_commands" | "interactive";
  payload: unknown;
}

/** The side of Socket Mode that sends: each envelope to one connection, until it is acknowledged. */
export interface SocketMode {
  accept(socket: Socket): void;
  send(envelope: Envelope): string;
  /** Sends something that is no envelope. */
  sendRaw(text: string): void;
  /** Tells every connection that it will end, and ends it. */
  refresh(): void;
  /** Cuts every connection. */
  cut(): void;
  connections(): number;
  /** How many connections there have been. */
  accepted(): number;
  isAcknowledged(envelopeId: string): boolean;
  stop(): void;
}

export function createSocketMode(redeliverAfterMs = ACKNOWLEDGE_WITHIN_MS): SocketMode {
  const sockets = new Set<Socket>();
  const acknowledged = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let unsent: string[] = [];
  let accepted = 0;

  function accept(socket: Socket): void {
    accepted++;
    sockets.add(socket);
    socket.onClose(() => sockets.delete(socket));
    socket.onText((text) => acknowledged.add(Acknowledgement.parse(JSON.parse(text)).envelope_id));
    const info = { num_connections: sockets.size, connection_info: { app_id: "A0ALDIS" } };
    socket.send(JSON.stringify({ type: "hello", ...info }));
    const waiting = unsent;
    unsent = [];
    for (const text of waiting) socket.send(text);
  }

  function deliver(text: string): void {
    const socket = [...sockets].at(-1);
    if (socket) socket.send(text);
    else unsent.push(text);
  }

  function send({ type, payload }: Envelope): string {
    const envelope_id = randomUUID();
    const text = (attempt: number) =>
      JSON.stringify({
        type,
        envelope_id,
        payload,
        accepts_response_payload: type !== "events_api",
        ...(attempt > 0 && { retry_attempt: attempt, retry_reason: "timeout" }),
      });
    deliver(text(0));
    if (type === "events_api") redeliver(envelope_id, text, 1);
    return envelope_id;
  }

  /** Slack tries three times more. */
  function redeliver(envelopeId: string, text: (attempt: number) => string, attempt: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (acknowledged.has(envelopeId)) return;
      deliver(text(attempt));
      if (attempt < 3) redeliver(envelopeId, text, attempt + 1);
    }, redeliverAfterMs);
    timers.add(timer);
  }

  return {
    accept,
    send,
    sendRaw: deliver,
    refresh() {
      const notice = { type: "disconnect", reason: "refresh_requested" };
      for (const socket of sockets) socket.send(JSON.stringify(notice));
    },
    cut: () => {
      for (const socket of sockets) socket.cut();
      sockets.clear();
    },
    connections: () => sockets.size,
    accepted: () => accepted,
    isAcknowledged: (id) => acknowledged.has(id),
    stop() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.cut();
    },
  };
}
