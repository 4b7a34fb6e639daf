import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { z } from "zod";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import { BotError } from "../errors.ts";
import type { Store } from "../store/pool.ts";

/**
 * Where what was typed is recorded: the invocation, its execution if it may run, and the audit
 * event, in one commit, before anything leaves.
 */
export interface InvocationRecord {
  id: string;
  adapter: string;
  installation: string;
  channel: string;
  messageId: string;
  /** Of what was typed, by a key that is not in the database; base64. */
  textMac: string;
  providerUser: string;
  userId?: string | undefined;
  bundle?: string | undefined;
  bundleVersion?: string | undefined;
  command?: string | undefined;
  decision: "allow" | "deny" | "unknown" | "ambiguous" | "malformed" | "late" | "refused";
  /** Set where the invocation ends with its record: a denial, for one. */
  outcome?: string | undefined;
}

export interface ExecutionRecord {
  id: string;
  spec: ExecutionSpec;
  /** What the decision was made on, where it is made again for each relay. */
  facts?: unknown;
  /** Base64. */
  mac: string;
  /** The relay that it is about to be offered to; absent while none matches. */
  relayId?: string | undefined;
  epoch?: string | undefined;
  botId: string;
  offerTimeoutMs: number;
  queueTimeoutMs: number;
  lostAfterMs: number;
  /** How often it may be started. */
  mostStarts: number;
  /** Those with one key share a limit: at most `concurrencyMax` are offered or run at once. */
  concurrencyKey?: string | undefined;
  concurrencyMax?: number | undefined;
}

export interface Recording {
  workspaceId: string;
  /** The access version that the decision was made under; absent where nothing was decided. */
  decidedUnder?: number | undefined;
  /** When something that the decision rests on expires. */
  goodUntil?: Date | undefined;
  invocation: InvocationRecord;
  execution?: ExecutionRecord | undefined;
  /** Kept beside the event and erasable: the text as typed, the decision with its reasons. */
  detail: Record<string, unknown>;
}

/** `limited` is recorded too, and waits: as many as may run at once already do. */
const Recorded = z.enum(["recorded", "limited", "duplicate", "stale"]);
export type Recorded = z.infer<typeof Recorded>;

const ATTEMPTS = 20;
const PAUSE_MS = 250;

/**
 * Rejects with `not-recorded` when it is certain that nothing was written. Where the answer to
 * the commit was lost the same row is sent again: the database knows it by its id and waits for
 * a commit that is still under way. If that cannot be asked either, it rejects with `not-known`:
 * nobody is told a guess.
 */
export async function recordInvocation(store: Store, recording: Recording): Promise<Recorded> {
  const args = [
    recording.workspaceId,
    recording.decidedUnder ?? null,
    recording.goodUntil ?? null,
    JSON.stringify({ ...recording.invocation, eventId: uuidv7() }),
    recording.execution ? JSON.stringify(recording.execution) : null,
    JSON.stringify(recording.detail),
  ];
  let mayBeWritten = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return Recorded.parse(await store.call("record_invocation", args));
    } catch (error) {
      const isRefused = isAnswerOfDatabase(error);
      if (!isRefused && !wasNeverSent(error)) mayBeWritten = true;
      if (isRefused && !mayBeWritten) throw notRecorded("the database refused it", error);
      if (attempt >= ATTEMPTS) {
        throw mayBeWritten ? notKnown(error) : notRecorded("the database cannot be reached", error);
      }
      await delay(PAUSE_MS);
    }
  }
}

/** Whether no connection came about, so that the database cannot have seen it. */
function wasNeverSent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(ECONNREFUSED|ENOENT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)$/.test(code);
}

function notKnown(cause: unknown): BotError {
  const line =
    "the database went away while this was recorded: it may still run; look with ps before you type it again";
  return new BotError("not-known", line, { cause });
}

/** Whether the database itself said no, rather than the connection failing on the way. */
function isAnswerOfDatabase(error: unknown): boolean {
  const shutsDown = /^57P0/;
  return error instanceof pg.DatabaseError && !shutsDown.test(error.code ?? "");
}

function notRecorded(why: string, cause: unknown): BotError {
  return new BotError("not-recorded", `${why}: nothing was run, try again`, { cause });
}

/** Ends an invocation that has no execution still open; later calls change nothing. */
export async function endInvocation(
  store: Store,
  workspaceId: string,
  invocationId: string,
  outcome: string,
): Promise<void> {
  await store.call("end_invocation", [workspaceId, invocationId, outcome, null]);
}
