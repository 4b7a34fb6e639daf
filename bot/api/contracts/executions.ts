import { z } from "zod";
import type { ExecutionState as StoredState } from "../../store/schema.ts";
import { Moment } from "./text.ts";

/** Named here as well as in the store, so that a client need not load the database's code. */
const STATES = [
  "queued",
  "offered",
  "started",
  "succeeded",
  "failed",
  "timed-out",
  "cancelled",
  "interrupted",
  "expired",
  "unknown",
] as const satisfies readonly StoredState[];
export const ExecutionState = z.enum(STATES);

export const ExecutionItem = z.object({
  id: z.uuid(),
  invocationId: z.uuid(),
  command: z.string(),
  state: ExecutionState,
  attempt: z.int(),
  user: z.string().nullable(),
  relay: z.string().nullable(),
  relayReachable: z.boolean().nullable().describe("False after 15 s of silence; not a state"),
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  durationMs: z.int().nullable(),
  queuedAt: Moment,
  startedAt: Moment.nullable(),
  endedAt: Moment.nullable(),
});
export type ExecutionItem = z.infer<typeof ExecutionItem>;
/** One execution with every start of it that was permitted. */
export const ExecutionDetail = ExecutionItem.extend({
  starts: z.array(
    z.object({
      attempt: z.int(),
      relay: z.string().nullable(),
      startedAt: Moment,
      outcome: z.string().nullable().describe("By its relay; null while it says nothing"),
      endedAt: Moment.nullable(),
    }),
  ),
});
export type ExecutionDetail = z.infer<typeof ExecutionDetail>;

export const NewMark = z.strictObject({
  outcome: z.enum(["succeeded", "failed"]),
  reason: z.string().min(1).max(500).optional().describe("How one knows"),
});

export const RepeatedText = z.object({ text: z.string() });

export const ExecutionList = z.object({ executions: z.array(ExecutionItem) });

export const ExecutionQuery = z.strictObject({
  state: z.enum(["open", "all"]).default("open"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const ExecutionParams = z.object({ id: z.uuid() });

export const OutputQuery = z.strictObject({
  stream: z.enum(["stdout", "stderr", "both"]).default("both"),
});

export const Cancelled = z.object({
  state: ExecutionState.describe("The state that the wish found"),
  outcome: z
    .enum(["cancelled", "requested", "ended"])
    .describe("`requested`: its relay will confirm; `ended`: it was over before"),
});
