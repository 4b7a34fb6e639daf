import type { MemoryBus } from "../../../relay/process/memory-bus.ts";
import { claimedType } from "../../../relay/wire/jws.ts";
import { KeyList } from "../../../relay/wire/key-list.ts";
import { type PublicJwk, thumbprint } from "../../../relay/wire/keys.ts";
import { EnrolAnswer, EnrolRequest, Receipt } from "../../../relay/wire/messages.ts";
import { RotationProof, RotationRequest } from "../../../relay/wire/rotation.ts";
import { bodyOf, textsIn, WIRE_KINDS } from "./recorded-kinds.ts";
import { fieldsOf, subjectPattern } from "./recorded-shape.ts";

/** One message as it was on the bus; the payload byte by byte as latin1. */
export interface RecordedMessage {
  kind: string;
  subject: string;
  replyTo?: string;
  payload: string;
}

export interface RecordedKeys {
  /** Fingerprint of the authority. */
  authority: string;
  bots: PublicJwk[];
  relays: PublicJwk[];
}

/** Everything that is said on a bus from now on, in order. */
export function recordBus(wire: MemoryBus): readonly RecordedMessage[] {
  const messages: RecordedMessage[] = [];
  const tap = wire.connect({
    onError(error) {
      throw error;
    },
  });
  tap.subscribe(">", {}, ({ subject, payload, replyTo }) => {
    const text = Buffer.from(payload).toString("latin1");
    const kind = kindOf(text);
    if (kind === undefined) return;
    const message = { subject, ...(replyTo !== undefined && { replyTo }), payload: text };
    messages.push({ kind, ...message }, ...within(kind, message));
  });
  return messages;
}

function kindOf(payload: string): string | undefined {
  if (payload.startsWith("{")) return "enrol-answer";
  const typ = claimedType(payload);
  return Object.keys(WIRE_KINDS).find((kind) => typ !== undefined && WIRE_KINDS[kind]?.typ === typ);
}

/** What is signed apart from the message that carries it. */
function within(
  kind: string,
  { subject, payload }: Pick<RecordedMessage, "subject" | "payload">,
): RecordedMessage[] {
  const body = bodyOf(textOf(kind, payload));
  const found = {
    "audit-head": Receipt.safeParse(body).data?.head,
    "rotation-proof": RotationRequest.safeParse(body).data?.proof,
    "key-list": keyListIn(body),
  };
  return Object.entries(found).flatMap(([inner, jws]) =>
    jws === undefined ? [] : [{ kind: inner, subject, payload: jws }],
  );
}

function keyListIn(body: unknown): string | undefined {
  const answer = EnrolAnswer.safeParse(body).data;
  return answer?.ok ? answer.keyList : undefined;
}

function textOf(kind: string, payload: string): Uint8Array {
  const [text = new Uint8Array()] = textsIn(kind, Buffer.from(payload, "latin1"));
  return text;
}

/** The bodies of a recorded message, unverified. */
export function bodiesOf({ kind, payload }: RecordedMessage): unknown[] {
  return textsIn(kind, Buffer.from(payload, "latin1")).map(bodyOf);
}

/** The public keys that a run made known, each once. */
export function keysIn(messages: readonly RecordedMessage[]): RecordedKeys {
  const lists = messages.flatMap((message) => parsedAs(KeyList, message));
  const relays = [
    ...messages.flatMap((message) => parsedAs(EnrolRequest, message)),
    ...messages.flatMap((message) => parsedAs(RotationProof, message)),
  ];
  const [first] = lists;
  if (!first) throw new Error("no key list was recorded");
  return {
    authority: thumbprint(first.authority),
    bots: eachOnce(lists.flatMap(({ keys }) => keys)),
    relays: eachOnce(relays.map(({ signingKey }) => signingKey)),
  };
}

function parsedAs<T>(
  schema: { safeParse(value: unknown): { data?: T | undefined } },
  message: RecordedMessage,
): T[] {
  return bodiesOf(message).flatMap((body) => schema.safeParse(body).data ?? []);
}

function eachOnce(keys: readonly PublicJwk[]): PublicJwk[] {
  return [...new Map(keys.map((key) => [thumbprint(key), key])).values()];
}

/** One message for each set of fields, and each subject, that a kind was seen with. */
export function oneOfEachShape(messages: readonly RecordedMessage[]): RecordedMessage[] {
  const seen = new Map<string, RecordedMessage>();
  for (const message of messages) {
    const shape = [...new Set(bodiesOf(message).flatMap((body) => fieldsOf(body)))].sort();
    const name = [message.kind, subjectPattern(message.subject), ...shape].join();
    if (!seen.has(name)) seen.set(name, message);
  }
  return [...seen.values()];
}
