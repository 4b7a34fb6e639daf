import { z } from "zod";
import { ExecutionState } from "./executions.ts";

/** The data of each kind of server-sent event about an execution. */
export const StateEvent = z.object({
  state: ExecutionState,
  attempt: z.int(),
  relay: z.string().nullable(),
  /** While it waits: why the last relay that was asked did not take it. */
  reason: z.string().nullable(),
});
export type StateEvent = z.infer<typeof StateEvent>;

/** Exactly the bytes of one piece of output: `text` where they are UTF-8, else `base64`. */
export const OutputEvent = z.object({
  stream: z.enum(["stdout", "stderr"]),
  text: z.string().optional(),
  base64: z.string().optional(),
});
export type OutputEvent = z.infer<typeof OutputEvent>;

export const EndedEvent = z.object({
  state: ExecutionState,
  exitCode: z.int().nullable(),
  reason: z.string().nullable(),
  durationMs: z.int().nullable(),
  outputComplete: z.boolean(),
});
export type EndedEvent = z.infer<typeof EndedEvent>;

/**
 * The id of an event: the attempt, and the offset in its output up to which everything has been
 * told. A client that reconnects sends the last one, as `Last-Event-ID`.
 */
export interface Position {
  attempt: number;
  offset: number;
}

export const EventHeaders = z.object({
  "last-event-id": z
    .string()
    .regex(/^(\d{1,9}-)?\d{1,15}$/, "not an id of these events")
    .optional()
    .describe("Attempt and output offset, as ids of events have them: `1-4096`"),
});

export function printPosition({ attempt, offset }: Position): string {
  return `${attempt}-${offset}`;
}

/** An offset alone is one in the first attempt. */
export function parsePosition(text: string | undefined): Position {
  const [, attempt, offset] = /^(?:(\d+)-)?(\d+)$/.exec(text ?? "") ?? [];
  return { attempt: Number(attempt ?? 1), offset: Number(offset ?? 0) };
}
