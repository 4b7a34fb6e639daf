import type { Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { guildPayload, userPayload } from "./payloads.ts";
import type { World } from "./world.ts";

/** Bits of `intents` (https://discord.com/developers/docs/events/gateway#list-of-intents). */
export const INTENTS = {
  guilds: 1 << 0,
  guildMessages: 1 << 9,
  directMessages: 1 << 12,
  messageContent: 1 << 15,
} as const;

const OP = { dispatch: 0, heartbeat: 1, identify: 2, resume: 6, reconnect: 7, invalid: 9 } as const;
const HELLO = 10;
const ACK = 11;
const CLOSE = { decode: 4002, notAuthenticated: 4003, token: 4004, rate: 4008, intents: 4014 };

const Received = z.object({ op: z.int(), d: z.unknown() });
const Identify = z.object({ token: z.string(), intents: z.int() });
const Resume = z.object({ token: z.string(), session_id: z.string(), seq: z.int() });

interface Session {
  id: string;
  intents: number;
  socket: WebSocket | undefined;
  /** All that was ever said in it: `s` is the index plus one. */
  events: { t: string; d: unknown }[];
}

export interface GatewayOptions {
  world: World;
  token: () => string;
  /** Whether the Message Content Intent is switched on for the application. */
  mayReadContent: () => boolean;
  heartbeatMs: number;
}

/** An event, made for each session by what it asked for; undefined is not for it. */
export type MakeEvent = (intents: number) => { t: string; d: unknown } | undefined;

export function startGateway(server: Server, options: GatewayOptions) {
  const sockets = new WebSocketServer({ server, path: "/gateway" });
  const sessions = new Map<string, Session>();
  const counts = { identified: 0, resumed: 0, heartbeats: 0 };
  let isOpen = true;

  sockets.on("connection", (socket) => {
    if (!isOpen) return socket.terminate();
    let session: Session | undefined;
    let received = 0;
    send(socket, { op: HELLO, d: { heartbeat_interval: options.heartbeatMs } });
    socket.on("message", (bytes) => {
      received++;
      const text = String(bytes);
      if (text.length > LIMITS.gatewayPayloadBytes.is) return socket.close(CLOSE.decode);
      if (received > LIMITS.gatewayEventsPerMinute.is) return socket.close(CLOSE.rate);
      session = onReceived(socket, session, text);
    });
    socket.on("close", () => {
      if (session?.socket === socket) session.socket = undefined;
    });
  });

  function onReceived(socket: WebSocket, session: Session | undefined, text: string) {
    const { op, d } = Received.parse(JSON.parse(text));
    if (op === OP.heartbeat) {
      counts.heartbeats++;
      send(socket, { op: ACK });
      return session;
    }
    if (op === OP.identify) return identify(socket, Identify.parse(d));
    if (op === OP.resume) return resume(socket, Resume.parse(d));
    if (!session) socket.close(CLOSE.notAuthenticated, "Not authenticated.");
    return session;
  }

  function identify(socket: WebSocket, asked: z.infer<typeof Identify>): Session | undefined {
    if (asked.token !== options.token()) {
      socket.close(CLOSE.token, "Authentication failed.");
      return undefined;
    }
    if (asked.intents & INTENTS.messageContent && !options.mayReadContent()) {
      socket.close(CLOSE.intents, "Disallowed intent(s).");
      return undefined;
    }
    counts.identified++;
    const { world } = options;
    const session = { id: world.nextId(), intents: asked.intents, socket, events: [] };
    sessions.set(session.id, session);
    dispatch(session, { t: "READY", d: readyPayload(session.id) });
    dispatch(session, { t: "GUILD_CREATE", d: guildPayload(world) });
    return session;
  }

  function readyPayload(sessionId: string) {
    const { world } = options;
    return {
      v: 10,
      user: userPayload(world.bot),
      guilds: [{ id: world.guild.id, unavailable: true }],
      session_id: sessionId,
      resume_gateway_url: urlOf(server),
      application: { id: world.applicationId, flags: 0 },
      private_channels: [],
    };
  }

  function resume(socket: WebSocket, asked: z.infer<typeof Resume>): Session | undefined {
    const session = sessions.get(asked.session_id);
    if (!session || asked.token !== options.token()) {
      send(socket, { op: OP.invalid, d: false });
      return undefined;
    }
    counts.resumed++;
    session.socket = socket;
    for (const [index, event] of session.events.entries()) {
      if (index >= asked.seq) send(socket, { op: OP.dispatch, s: index + 1, ...event });
    }
    dispatch(session, { t: "RESUMED", d: {} });
    return session;
  }

  function dispatch(session: Session, event: { t: string; d: unknown }): void {
    session.events.push(event);
    if (!session.socket) return;
    send(session.socket, { op: OP.dispatch, s: session.events.length, ...event });
  }

  return {
    counts,
    url: () => urlOf(server),
    isConnected: () => [...sessions.values()].some(({ socket }) => socket),
    publish(make: MakeEvent): void {
      for (const session of sessions.values()) {
        const event = make(session.intents);
        if (event) dispatch(session, event);
      }
    },
    /** The line goes dead; sessions stay. While it is closed nobody gets in again. */
    cut({ stayClosed = false } = {}): void {
      isOpen = !stayClosed;
      for (const socket of sockets.clients) socket.terminate();
      for (const session of sessions.values()) session.socket = undefined;
    },
    open(): void {
      isOpen = true;
    },
    askToReconnect(): void {
      for (const socket of sockets.clients) send(socket, { op: OP.reconnect, d: null });
    },
    /** Forgets every session, and says so to whoever is connected. */
    invalidate(): void {
      sessions.clear();
      for (const socket of sockets.clients) send(socket, { op: OP.invalid, d: false });
    },
    close(code: number): void {
      sessions.clear();
      for (const socket of sockets.clients) socket.close(code);
    },
    stop(): void {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}
export type Gateway = ReturnType<typeof startGateway>;

function send(
  socket: WebSocket,
  payload: { op: number; s?: number; t?: string; d?: unknown },
): void {
  if (socket.readyState === socket.OPEN) {
    socket.send(JSON.stringify({ s: null, t: null, d: null, ...payload }));
  }
}

function urlOf(server: Server): string {
  const at = server.address();
  const port = typeof at === "object" && at !== null ? at.port : 0;
  return `ws://127.0.0.1:${port}/gateway`;
}
