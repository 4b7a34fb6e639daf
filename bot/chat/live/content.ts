import type { ExecutionEnd } from "../../dispatch/live.ts";
import { wordsForEnd } from "../../replies/words.ts";
import { wordsForSpan } from "./span.ts";

/** What the message about an execution shows, free of any chat's markup. */
export interface LiveContent {
  executionId: string;
  /** State, relay, duration, exit code: one line. */
  head: string;
  tone: "running" | "ok" | "problem";
  /** The end of the output; empty as long as there is none. */
  tail: string;
  /** What is said about the output that is not shown, if some is not. */
  note: string | undefined;
  /** Whether there is still something to cancel. */
  canCancel: boolean;
}

/** What is known of an execution. */
export interface LiveFacts {
  executionId: string;
  command: string;
  state: "waiting" | "offered" | "started";
  /** The relay's name, or why it waits. */
  detail: string;
  relay: string | undefined;
  runsForMs: number | undefined;
  tail: string;
  isCut: boolean;
  end: ExecutionEnd | undefined;
}

export function contentOf(facts: LiveFacts): LiveContent {
  const { executionId, command, tail, isCut, end } = facts;
  const attached = end ? "the whole output is attached" : "more came before this";
  return {
    executionId,
    head: `${command} · ${end ? wordsForEnding(facts, end) : wordsForNow(facts)}`,
    tone: end ? toneOf(end) : "running",
    tail,
    note: isCut ? `… ${attached}` : undefined,
    canCancel: end === undefined,
  };
}

function wordsForNow({ state, detail, runsForMs }: LiveFacts): string {
  switch (state) {
    case "waiting":
      return detail === "" ? "waiting for a relay" : `waiting for a relay: ${detail}`;
    case "offered":
      return `offered to ${detail}`;
    case "started":
      return `running on ${detail} for ${wordsForSpan(runsForMs ?? 0)}`;
  }
}

function wordsForEnding({ relay }: LiveFacts, end: ExecutionEnd): string {
  const words = wordsForEnd(end) ?? `succeeded with exit code ${end.exitCode ?? 0}`;
  const where = relay === undefined ? "" : ` on ${relay}`;
  const took = end.durationMs === undefined ? "" : ` after ${wordsForSpan(end.durationMs)}`;
  return `${words}${where}${took}`;
}

function toneOf({ state }: ExecutionEnd): "ok" | "problem" {
  return state === "succeeded" ? "ok" : "problem";
}
