import { z } from "zod";
import { IMAGE_DIGEST } from "./image.ts";
import { PublicJwk } from "./keys.ts";
import { Selector } from "./selector.ts";

/**
 * What bots and relays say to each other. Unknown keys are dropped, so that a newer peer cannot
 * break an older one; what must not be ignored raises `version`.
 */

/** Seconds since the epoch, as in every JWS claim. */
const Seconds = z.int().nonnegative();

/** What a bot's message carries beside its body: who may act on it, and until when. */
const FromBot = z.object({ iss: z.string(), aud: z.string(), iat: Seconds, exp: Seconds });

export const Limits = z.object({
  timeoutMs: z.int().positive(),
  outputBytes: z.int().positive(),
  memoryBytes: z.int().positive(),
  pids: z.int().positive(),
  cpus: z.number().positive(),
  tmpBytes: z.int().nonnegative(),
});
export type Limits = z.infer<typeof Limits>;

export const MAX_WORD_BYTES = 64 * 1024;
export const MAX_OFFER_BYTES = 256 * 1024;

/** What is to run: everything that an offer carries except the attempt and the relay. */
export const ExecutionSpec = z.object({
  executionId: z.uuid(),
  invocationId: z.uuid(),
  bundle: z.string(),
  bundleVersion: z.string(),
  bundleDigest: z.string(),
  command: z.string(),
  native: z.boolean(),
  /**
   * `name:tag@digest`, the digest being that of the manifest, or the id of an imported image; absent
   * for native commands.
   */
  image: z.string().optional(),
  /** The executable's words, then the words typed. */
  argv: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()),
  limits: Limits,
  network: z.string(),
  mounts: z.array(z.string()),
  user: z.string().optional(),
  selector: Selector,
  delivery: z.enum(["at-most-once", "at-least-once"]),
});
export type ExecutionSpec = z.infer<typeof ExecutionSpec>;

/** At most this many offers, claims, results or receipts for one peer share one message. */
export const MOST_TOGETHER = 64;

const Attempt = { executionId: z.uuid(), attempt: z.int().positive() };

/** Names one attempt at one execution. */
export interface AttemptName {
  executionId: string;
  attempt: number;
}

function together<T extends z.ZodType>(item: T) {
  return z.array(item).min(1).max(MOST_TOGETHER);
}

export const Offered = z.object({ attempt: z.int().positive(), spec: ExecutionSpec });
export type Offered = z.infer<typeof Offered>;

/** What a relay is offered to run; it permits nothing yet. */
export const Offer = FromBot.extend({ version: z.literal(1), offers: together(Offered) });
export type Offer = z.infer<typeof Offer>;

export const Refusal = z.object({ code: z.string(), reason: z.string() });
export type Refusal = z.infer<typeof Refusal>;

/** The relay's answer to an offer: each is taken (a claim follows), or why not. */
export const OfferAnswer = z.object({
  version: z.literal(1),
  answers: together(z.object({ ...Attempt, refusal: Refusal.optional() })),
});
export type OfferAnswer = z.infer<typeof OfferAnswer>;

/** A relay asks to start what it was offered. */
export const Claim = z.object({
  version: z.literal(1),
  epoch: z.string(),
  /** Drawn for this very question, so that an old permit cannot pass for its answer. */
  nonce: z.string(),
  claims: together(z.object(Attempt)),
});
export type Claim = z.infer<typeof Claim>;

export const Permitted = z.object({
  ...Attempt,
  granted: z.boolean(),
  /** The bot that owns the reply: output goes there. */
  replyBot: z.string(),
  /** For so long after the question it may begin, and no longer than the relay's own setting. */
  goodForMs: z.int().optional(),
  reason: z.string().optional(),
});
export type Permitted = z.infer<typeof Permitted>;

/** A bot lets a relay start, after `offered → started` is committed; or says why it may not. */
export const Permit = FromBot.extend({
  version: z.literal(1),
  /** That of the claim which this answers. */
  nonce: z.string(),
  permits: together(Permitted),
});
export type Permit = z.infer<typeof Permit>;

/** Head of an output message; the frames themselves follow it as bytes. */
export const OutputHead = z.object({
  version: z.literal(1),
  ...Attempt,
  /** Where in the attempt's frames these bytes stand. */
  offset: z.int().nonnegative(),
  length: z.int().positive(),
  /** SHA-256 of the bytes, base64url. */
  digest: z.string(),
});
export type OutputHead = z.infer<typeof OutputHead>;

export const ResultStatus = z.enum([
  "succeeded",
  "failed",
  "timed-out",
  "cancelled",
  "interrupted",
  "not-begun",
]);
export type ResultStatus = z.infer<typeof ResultStatus>;

/**
 * How an attempt ended, signed by the relay and kept until a bot's receipt. Each is signed by
 * itself, because the bot keeps it as evidence; several may share a message, a line each.
 */
export const Result = z.object({
  version: z.literal(1),
  ...Attempt,
  epoch: z.string(),
  status: ResultStatus,
  exitCode: z.int32().optional(),
  signal: z.string().optional(),
  /** One line for people where the status alone does not explain itself. */
  reason: z.string().optional(),
  startedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime(),
  durationMs: z.int32().nonnegative(),
  /** Length of all frames of the output, and the chain over them: see output-digest.ts. */
  outputLength: z.int().nonnegative(),
  outputDigest: z.string(),
  outputCut: z.boolean(),
});
export type Result = z.infer<typeof Result>;

export const Receipted = z.object({
  ...Attempt,
  /** `output`: committed up to this offset. */
  of: z.enum(["output", "result"]),
  offset: z.int().nonnegative().optional(),
});
export type Receipted = z.infer<typeof Receipted>;

/** A bot has committed what the relay sent and will not need it again. */
export const Receipt = FromBot.extend({
  version: z.literal(1),
  receipts: together(Receipted),
  /** The newest head of the audit chain that the bot knows, signed: see `audit-head.ts`. */
  head: z.string().optional(),
});
export type Receipt = z.infer<typeof Receipt>;

export const Cancel = FromBot.extend({
  version: z.literal(1),
  cancels: together(z.object(Attempt)),
});
export type Cancel = z.infer<typeof Cancel>;

/** Take no more offers, or take them again; what is in hand goes on. */
export const Drain = FromBot.extend({
  version: z.literal(1),
  /** Drawn for this very message, which counts once. */
  nonce: z.string(),
  draining: z.boolean(),
});
export type Drain = z.infer<typeof Drain>;

/** A bot asks a process that announced an epoch to prove that it holds the relay's key. */
export const Challenge = FromBot.extend({ version: z.literal(1), nonce: z.string() });
export type Challenge = z.infer<typeof Challenge>;

export const ChallengeAnswer = z.object({
  version: z.literal(1),
  nonce: z.string(),
  epoch: z.string(),
});
export type ChallengeAnswer = z.infer<typeof ChallengeAnswer>;

/** A bot asks which bytes an image's name means on this relay, which pulls what it does not have. */
export const ResolveImage = FromBot.extend({
  version: z.literal(1),
  nonce: z.string(),
  image: z.string(),
});
export type ResolveImage = z.infer<typeof ResolveImage>;

/** One of `digest`, `pending` and `refusal`. */
export const ImageAnswer = z.object({
  version: z.literal(1),
  nonce: z.string(),
  /** Of the image's manifest, or the id of an imported one. */
  digest: z.string().regex(IMAGE_DIGEST).optional(),
  /** It is on its way, and how far, for people: the bot asks again. */
  pending: z.string().optional(),
  refusal: Refusal.optional(),
});
export type ImageAnswer = z.infer<typeof ImageAnswer>;

/** Says that a relay lives, every few seconds and at each change. */
export const Presence = z.object({
  version: z.literal(1),
  epoch: z.string(),
  number: z.int().positive(),
  program: z.string(),
  tags: z.record(z.string(), z.string()),
  capacity: z.int().nonnegative(),
  running: z.int().nonnegative(),
  draining: z.boolean(),
  /** What the relay can run: `native`, `docker`, `podman`. */
  runtimes: z.array(z.string()),
  keyListNumber: z.int().nonnegative(),
});
export type Presence = z.infer<typeof Presence>;

/** A newcomer with a join token asks to become a relay; signed by the key it brings. */
export const EnrolRequest = z.object({
  version: z.literal(1),
  token: z.string(),
  signingKey: PublicJwk,
  sealingKey: PublicJwk,
  hostname: z.string().max(255),
  /** The public key of its NATS user, made on its host. */
  natsUser: z
    .string()
    .regex(/^U[A-Z2-7]{55}$/)
    .optional(),
});
export type EnrolRequest = z.infer<typeof EnrolRequest>;

export const EnrolAnswer = z.union([
  z.object({
    version: z.literal(1),
    ok: z.literal(true),
    relayId: z.uuid(),
    name: z.string(),
    tags: z.record(z.string(), z.string()),
    keyList: z.string(),
    /** What the NATS server asks of that user, where the bot vouches for users. */
    natsJwt: z.string().optional(),
    /** The same, signed by a bot: see `enrolment.ts`. */
    signed: z.string().optional(),
  }),
  z.object({ version: z.literal(1), ok: z.literal(false), reason: z.string() }),
]);
export type EnrolAnswer = z.infer<typeof EnrolAnswer>;
