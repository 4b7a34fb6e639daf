import { fieldsOf, subjectPattern } from "./recorded-shape.ts";
import { bodiesOf, type RecordedMessage } from "./recorded-tape.ts";

export function bodiesIn(messages: readonly RecordedMessage[], kind: string): unknown[] {
  return messages.filter((message) => message.kind === kind).flatMap(bodiesOf);
}

/** Where a kind of message went, and where its answer was awaited. */
export function subjectsOf(messages: readonly RecordedMessage[], kind: string): string[] {
  const ofKind = messages.filter((message) => message.kind === kind);
  const patterns = ofKind.map(({ subject, replyTo }) =>
    [subject, replyTo ?? "no reply"].map(subjectPattern).join(", answered on "),
  );
  return [...new Set(patterns)].sort();
}

/** Every field that a kind of message was seen with. */
export function fieldsIn(messages: readonly RecordedMessage[], kind: string): string[] {
  return [...new Set(bodiesIn(messages, kind).flatMap((body) => fieldsOf(body)))];
}
