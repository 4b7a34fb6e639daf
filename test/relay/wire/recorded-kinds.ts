import type { z } from "zod";
import { AuditHead, openAuditHead } from "../../../relay/wire/audit-head.ts";
import {
  type BotClaims,
  fromBot,
  fromRelay,
  type Kind,
  openFromBot,
  openFromRelay,
  splitBytes,
  splitLines,
} from "../../../relay/wire/envelope.ts";
import { KeyList, verifyKeyList } from "../../../relay/wire/key-list.ts";
import type { VerifyingKey } from "../../../relay/wire/keys.ts";
import { EnrolAnswer } from "../../../relay/wire/messages.ts";
import { rotation } from "../../../relay/wire/rotation.ts";

/** Whom a reader believes. */
export interface ReaderKeys {
  /** Fingerprint of the authority. */
  authority: string;
  bots: ReadonlyMap<string, VerifyingKey>;
  relays: ReadonlyMap<string, VerifyingKey>;
}

/** One kind of message, and how today's code opens it. */
export interface WireKind {
  /** Absent where nothing is signed. */
  typ?: string;
  schema: z.ZodType;
  /** The parsed body of one signed text; throws where a reader would refuse it. */
  open(jws: Uint8Array, keys: ReaderKeys): Promise<unknown>;
}

/** Everything that bots, relays and newcomers say to each other, by its name in the docs. */
export const WIRE_KINDS: Readonly<Record<string, WireKind>> = {
  presence: ofRelay(fromRelay.presence),
  challenge: ofBot(fromBot.challenge),
  "challenge-answer": ofRelay(fromRelay.challengeAnswer),
  offer: ofBot(fromBot.offer),
  "offer-answer": ofRelay(fromRelay.offerAnswer),
  claim: ofRelay(fromRelay.claim),
  permit: ofBot(fromBot.permit),
  output: ofRelay(fromRelay.output),
  result: ofRelay(fromRelay.result),
  receipt: ofBot(fromBot.receipt),
  cancel: ofBot(fromBot.cancel),
  drain: ofBot(fromBot.drain),
  "resolve-image": ofBot(fromBot.resolveImage),
  "image-answer": ofRelay(fromRelay.imageAnswer),
  enrol: ofRelay(fromRelay.enrol),
  "enrol-answer": { schema: EnrolAnswer, open: async (text) => EnrolAnswer.parse(asJson(text)) },
  "key-list": { typ: "aldis-key-list", schema: KeyList, open: openList },
  "rotation-request": ofRelay(rotation.request),
  "rotation-proof": ofRelay(rotation.proof),
  "rotation-answer": ofBot(rotation.answer),
  "audit-head": { typ: "aldis-audit-head", schema: AuditHead, open: openHead },
};

function ofBot<T extends BotClaims>(kind: Kind<T>): WireKind {
  return {
    ...kind,
    async open(jws, { bots }) {
      const claims = kind.schema.safeParse(bodyOf(jws)).data;
      const expected = { keys: bots, aud: claims?.aud ?? "", nowMs: (claims?.iat ?? 0) * 1000 };
      return bodyIn(await openFromBot(kind, jws, expected));
    },
  };
}

function ofRelay<T extends { version: 1 }>(kind: Kind<T>): WireKind {
  return {
    ...kind,
    async open(jws, { relays }) {
      const key = relays.get(signerOf(jws));
      if (!key) throw new Error("signed by a stranger");
      return bodyIn(await openFromRelay(kind, jws, key));
    },
  };
}

async function openList(jws: Uint8Array, { authority }: ReaderKeys): Promise<unknown> {
  const check = await verifyKeyList(textOf(jws), authority);
  if (!check.ok) throw new Error(check.reason);
  return check.list;
}

async function openHead(jws: Uint8Array, { bots }: ReaderKeys): Promise<unknown> {
  const opened = await openAuditHead(textOf(jws), bots);
  if (!opened.ok) throw new Error(opened.failure);
  return opened.head;
}

function bodyIn(opened: { ok: true; message: unknown } | { ok: false; failure: string }): unknown {
  if (!opened.ok) throw new Error(opened.failure);
  return opened.message;
}

/** The signed texts of a message: several results share one, and output follows its head. */
export function textsIn(kind: string, payload: Uint8Array): Uint8Array[] {
  if (kind === "output") return [splitBytes(payload).head];
  return kind === "result" ? splitLines(payload) : [payload];
}

/** What was written, whoever has signed it and whatever a reader would drop of it. */
export function bodyOf(text: Uint8Array): unknown {
  const [, body] = textOf(text).split(".");
  return textOf(text).startsWith("{") ? asJson(text) : asJson(Buffer.from(body ?? "", "base64url"));
}

function signerOf(jws: Uint8Array): string {
  const [head = ""] = textOf(jws).split(".");
  const { kid }: { kid?: string } = JSON.parse(Buffer.from(head, "base64url").toString());
  return kid ?? "";
}

function asJson(text: Uint8Array): unknown {
  return JSON.parse(Buffer.from(text).toString("utf8"));
}

function textOf(text: Uint8Array): string {
  return Buffer.from(text).toString("latin1");
}
