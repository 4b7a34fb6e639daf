import type { z } from "zod";
import { signJws, type VerifyFailure, verifyJws } from "./jws.ts";
import type { SigningKey, VerifyingKey } from "./keys.ts";
import {
  Cancel,
  Challenge,
  ChallengeAnswer,
  Claim,
  Drain,
  EnrolRequest,
  ImageAnswer,
  MOST_TOGETHER,
  Offer,
  OfferAnswer,
  OutputHead,
  Permit,
  Presence,
  Receipt,
  ResolveImage,
  Result,
} from "./messages.ts";

/** One kind of message: its `typ`, so that one kind never passes for another, and its schema. */
export interface Kind<T> {
  typ: string;
  schema: z.ZodType<T>;
}

function kind<T>(name: string, schema: z.ZodType<T>): Kind<T> {
  return { typ: `aldis-${name}`, schema };
}

/** What a bot signs; all carry audience and expiry. */
export const fromBot = {
  offer: kind("offer", Offer),
  permit: kind("permit", Permit),
  receipt: kind("receipt", Receipt),
  cancel: kind("cancel", Cancel),
  drain: kind("drain", Drain),
  challenge: kind("challenge", Challenge),
  resolveImage: kind("resolve-image", ResolveImage),
};

/** What a relay signs; the subject names the relay, and its key must agree. */
export const fromRelay = {
  offerAnswer: kind("offer-answer", OfferAnswer),
  claim: kind("claim", Claim),
  output: kind("output", OutputHead),
  result: kind("result", Result),
  presence: kind("presence", Presence),
  challengeAnswer: kind("challenge-answer", ChallengeAnswer),
  imageAnswer: kind("image-answer", ImageAnswer),
  enrol: kind("enrol", EnrolRequest),
};

export interface BotClaims {
  version: 1;
  iss: string;
  aud: string;
  iat: number;
  exp: number;
}

export type OpenFailure = VerifyFailure | "malformed-body" | "wrong-audience" | "expired" | "early";
export type Opened<T> = { ok: true; message: T; kid: string } | { ok: false; failure: OpenFailure };

/** Clocks of two hosts may differ by this much before a message counts as early or expired. */
export const CLOCK_SKEW_MS = 30_000;

/** The audience of whatever a bot sends: one life of one relay. */
export function audienceOf(relayId: string, epoch: string): string {
  return `${relayId}/${epoch}`;
}

export interface Addressing {
  /** The bot that signs. */
  iss: string;
  aud: string;
  nowMs: number;
  ttlMs: number;
}

export async function signAsBot<T extends BotClaims>(
  key: SigningKey,
  kind: Kind<T>,
  to: Addressing,
  body: Omit<T, keyof BotClaims>,
): Promise<Uint8Array> {
  const iat = Math.floor(to.nowMs / 1000);
  const exp = Math.ceil((to.nowMs + to.ttlMs) / 1000);
  const claims = { version: 1, iss: to.iss, aud: to.aud, iat, exp, ...body };
  return Buffer.from(await signJws(key, kind.typ, claims));
}

/** Opens what claims to come from a bot: signature first, then audience, then time. */
export async function openFromBot<T extends BotClaims>(
  kind: Kind<T>,
  payload: Uint8Array,
  expected: { keys: ReadonlyMap<string, VerifyingKey>; aud: string; nowMs: number },
): Promise<Opened<T>> {
  const opened = await open(kind, payload, (kid) => expected.keys.get(kid));
  if (!opened.ok) return opened;
  const claims = opened.message;
  if (claims.aud !== expected.aud) return { ok: false, failure: "wrong-audience" };
  if (expected.nowMs > claims.exp * 1000 + CLOCK_SKEW_MS) return { ok: false, failure: "expired" };
  if (expected.nowMs < claims.iat * 1000 - CLOCK_SKEW_MS) return { ok: false, failure: "early" };
  return opened;
}

export async function signAsRelay<T extends { version: 1 }>(
  key: SigningKey,
  kind: Kind<T>,
  body: Omit<T, "version">,
): Promise<Uint8Array> {
  return Buffer.from(await signJws(key, kind.typ, { version: 1, ...body }));
}

/** Opens what claims to come from the relay that holds `key`. */
export function openFromRelay<T extends { version: 1 }>(
  kind: Kind<T>,
  payload: Uint8Array,
  key: VerifyingKey,
): Promise<Opened<T>> {
  return open(kind, payload, (kid) => (kid === key.kid ? key : undefined));
}

async function open<T>(
  kind: Kind<T>,
  payload: Uint8Array,
  keyFor: (kid: string) => VerifyingKey | undefined,
): Promise<Opened<T>> {
  const jws = Buffer.from(payload).toString("latin1");
  const verified = await verifyJws(jws, kind.typ, keyFor);
  if (!verified.ok) return verified;
  const parsed = kind.schema.safeParse(verified.payload);
  if (!parsed.success) return { ok: false, failure: "malformed-body" };
  return { ok: true, message: parsed.data, kid: verified.kid };
}

const NEWLINE = 0x0a;

/** A signed head with the bytes it describes behind it. */
export function withBytes(head: Uint8Array, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([head, Buffer.of(NEWLINE), bytes]);
}

export function splitBytes(payload: Uint8Array): { head: Uint8Array; bytes: Uint8Array } {
  const at = payload.indexOf(NEWLINE);
  if (at < 0) return { head: payload, bytes: new Uint8Array() };
  return { head: payload.subarray(0, at), bytes: payload.subarray(at + 1) };
}

/** Several signed texts in one message, a line each. */
export function joinLines(texts: readonly Uint8Array[]): Uint8Array {
  return Buffer.from(
    texts.map((text) => Buffer.from(text).toString("latin1")).join("\n"),
    "latin1",
  );
}

/** One more than may share a message, where there are too many. */
export function splitLines(payload: Uint8Array): Uint8Array[] {
  const text = Buffer.from(payload).toString("latin1");
  return text.split("\n", MOST_TOGETHER + 1).map((line) => Buffer.from(line, "latin1"));
}
