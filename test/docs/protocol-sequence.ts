type Side = "bot" | "relay";

/** A message of one execution, or what a side does before the next. */
export type SequenceStep = { from: Side; kind: string; note?: string } | { at: Side; does: string };

/** One execution from its record to its end, when nothing goes wrong. */
export const SEQUENCE: readonly SequenceStep[] = [
  { at: "bot", does: "commit: invocation, execution, event" },
  { from: "bot", kind: "offer", note: "all that is to run" },
  { at: "relay", does: "who signed? mine? in time? allowed?" },
  { from: "relay", kind: "offer-answer", note: "taken, or why not" },
  { at: "relay", does: "journal: claimed" },
  { from: "relay", kind: "claim", note: "attempt, epoch, nonce" },
  { at: "bot", does: "commit: offered → started" },
  { from: "bot", kind: "permit", note: "for that nonce" },
  { at: "relay", does: "journal: permitted; the command starts" },
  { from: "relay", kind: "output", note: "from its spool" },
  { at: "bot", does: "shown; commit" },
  { from: "bot", kind: "receipt", note: "up to this offset" },
  { at: "relay", does: "the command ends; journal: finished" },
  { from: "relay", kind: "result", note: "digest of the whole output" },
  { at: "bot", does: "commit: started → how it ended" },
  { from: "bot", kind: "receipt", note: "of the result" },
  { at: "relay", does: "journal: settled; spool removed" },
];

/** The kinds of its messages, in order. */
export function sequenceKinds(): string[] {
  return SEQUENCE.flatMap((step) => ("kind" in step ? [step.kind] : []));
}
