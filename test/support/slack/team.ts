import type { Blocks } from "./check-blocks.ts";

/** One message as the server keeps it. */
export interface SlackMessage {
  ts: string;
  channel: string;
  thread: string | undefined;
  user: string;
  text: string;
  blocks: Blocks;
  metadata: unknown;
  /** Each text that it has shown, the first included. */
  edits: number;
  firstAtMs: number;
}

export interface SlackFile {
  id: string;
  name: string;
  bytes: Buffer;
  channel: string | undefined;
  thread: string | undefined;
}

/** What there is in one Slack team. */
export interface Team {
  id: string;
  botUser: string;
  botId: string;
  botName: string;
  /** The channels by id, with who is a member. */
  channels: Map<string, Set<string>>;
  messages: SlackMessage[];
  whispers: { channel: string; user: string; thread: string | undefined; blocks: Blocks }[];
  reactions: Set<string>;
  /** Every reaction that was ever set, in its order. */
  reacted: string[];
  files: Map<string, SlackFile>;
}

export function createTeam(): Team {
  const bot = "U0BOT";
  return {
    id: "T0ALDIS",
    botUser: bot,
    botId: "B0BOT",
    botName: "aldis",
    channels: new Map([
      ["C0OPS", new Set([bot])],
      ["C0OTHER", new Set([bot])],
      ["D0ADA", new Set([bot])],
      ["C0CLOSED", new Set()],
    ]),
    messages: [],
    whispers: [],
    reactions: new Set(),
    reacted: [],
    files: new Map(),
  };
}

let last = 0;

/** A timestamp that no other message has. */
export function nextTs(nowMs = Date.now()): string {
  last = Math.max(last + 1, Math.round(nowMs * 1_000));
  return `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, "0")}`;
}
