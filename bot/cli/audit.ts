import { setTimeout as delay } from "node:timers/promises";
import { AuditLine, AuditPage, ErasedDetail } from "../api/contracts/audit.ts";
import { withoutControls } from "../replies/plain-text.ts";
import type { Client } from "./client.ts";
import { readEvents } from "./event-stream.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine, printListing, printNote } from "./terminal.ts";

export interface AuditFilters {
  user?: string;
  command?: string;
  kind?: string;
  adapter?: string;
  channel?: string;
  relay?: string;
  outcome?: string;
  since?: string;
  until?: string;
  text?: string;
  invocation?: string;
}

export interface ListAudit extends AuditFilters {
  limit?: number;
  json?: boolean;
}

const LARGEST_PAGE = 200;
const FEW = 50;
const RETRY_MS = 1_000;

/** Newest first. Each page of the API reads a bounded stretch; this goes on until it has enough. */
export async function listAudit(client: Client, options: ListAudit): Promise<number> {
  const { limit = FEW, json = false, ...filters } = options;
  const lines: AuditLine[] = [];
  let before: string | undefined;
  do {
    const query = queryOf(filters);
    query.set("limit", String(Math.min(limit - lines.length, LARGEST_PAGE)));
    if (before) query.set("before", before);
    const page = await client.get(`audit/events?${query}`, AuditPage);
    lines.push(...page.events);
    before = page.next ?? undefined;
  } while (before && lines.length < limit);
  const rows = lines.map(rowOf);
  printListing(
    { json: lines, columns: COLUMNS, rows, none: "nothing like that is on record" },
    json,
  );
  return 0;
}

/** New events as they are linked, until somebody ends it. */
export async function followAudit(
  client: Client,
  { json = false, ...filters }: AuditFilters & { json?: boolean },
): Promise<number> {
  const query = queryOf(filters);
  let last = "";
  for (;;) {
    const headers = last === "" ? {} : { "last-event-id": last };
    const never = new AbortController();
    const { body } = await client.open(`audit/events/follow?${query}`, headers, never.signal);
    for await (const event of readEvents(whole(body))) {
      if (event.id !== "") last = event.id;
      if (event.name === "event") printFollowed(event.data, json);
    }
    await delay(RETRY_MS);
  }
}

/** A connection that breaks ends the stream; the next one goes on where this was. */
async function* whole(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

function printFollowed(data: string, json: boolean): void {
  if (json) {
    printLine(data);
    return;
  }
  const cells = rowOf(AuditLine.parse(JSON.parse(data))).filter((cell) => cell !== "");
  printLine(cells.map((cell) => withoutControls(cell).replaceAll("\n", " ")).join("  "));
}

export async function eraseAudit(
  client: Client,
  eventId: string,
  { reason }: { reason: string },
): Promise<number> {
  const { outcome } = await client.post(
    `audit/events/${encodeURIComponent(eventId)}/erase`,
    { reason },
    ErasedDetail,
  );
  printLine(`${outcome}: the detail of ${eventId}; the event itself stays in the chain`);
  return 0;
}

/** Times as people write them: `2026-05-06`, `2026-05-06T14:30:00Z`, or `2h`, `7d` ago. */
export function momentOf(text: string, now: Date = new Date()): string {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[unit ?? ""];
  if (seconds !== undefined)
    return new Date(now.getTime() - Number(count) * seconds * 1000).toISOString();
  const ms = /^\d{4}-\d{2}-\d{2}(T\S+)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(ms)) return new Date(ms).toISOString();
  const line = `"${text}" is no time; write 2026-05-06, 2026-05-06T14:30:00Z, or 2h for two hours ago`;
  throw new CliFailure(line, EXIT.usage);
}

function queryOf({ since, until, ...filters }: AuditFilters): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (typeof value === "string") query.set(name, value);
  }
  if (since) query.set("since", momentOf(since));
  if (until) query.set("until", momentOf(until));
  return query;
}

const COLUMNS = ["at", "who", "what", "outcome", "exit", "by", "relay", "took", "event"];

function rowOf(line: AuditLine): string[] {
  return [
    `${line.at.slice(0, 19)}Z`,
    line.user ?? line.userId ?? "",
    whatOf(line),
    line.outcome ?? "",
    line.exitCode === null ? "" : String(line.exitCode),
    [line.adapter, line.channel].filter((part) => part !== null).join(" "),
    line.relay ?? "",
    line.durationMs === null ? "" : `${line.durationMs} ms`,
    line.id,
  ];
}

function whatOf({ kind, text, object, command, isErased }: AuditLine): string {
  if (kind === "invocation.requested") return isErased ? `${command ?? ""} (erased)` : (text ?? "");
  return [kind, object ?? command].filter((part) => part !== null).join(" ");
}

/** For people at a terminal, while something long goes on. */
export function createProgress(): { show(count: number): void; end(): void } {
  const isShown = process.stderr.isTTY;
  return {
    show(count) {
      if (isShown) process.stderr.write(`\r${count} events`);
    },
    end() {
      if (isShown) printNote("");
    },
  };
}
