import { z } from "zod";
import type { Kind } from "./envelope.ts";
import { PublicJwk } from "./keys.ts";

/** Signed by the new key: whoever asks holds it, and means this relay. */
export const RotationProof = z.object({
  version: z.literal(1),
  relayId: z.uuid(),
  signingKey: PublicJwk,
  sealingKey: PublicJwk,
});
export type RotationProof = z.infer<typeof RotationProof>;

/** Signed by the key that has counted so far; the proof within is signed by the new one. */
export const RotationRequest = z.object({
  version: z.literal(1),
  proof: z.string(),
  /** Takes the place of an epoch in the answer's audience, so that no other answer fits. */
  nonce: z.string().min(16),
});
export type RotationRequest = z.infer<typeof RotationRequest>;

/** Signed by a bot, after the change is committed. */
export const RotationAnswer = z.object({
  version: z.literal(1),
  iss: z.string(),
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  /** The new key, where it counts from now on. */
  kid: z.string().optional(),
  refused: z.string().optional(),
});
export type RotationAnswer = z.infer<typeof RotationAnswer>;

export const rotation: {
  proof: Kind<RotationProof>;
  request: Kind<RotationRequest>;
  answer: Kind<RotationAnswer>;
} = {
  proof: { typ: "aldis-rotation-proof", schema: RotationProof },
  request: { typ: "aldis-rotation-request", schema: RotationRequest },
  answer: { typ: "aldis-rotation-answer", schema: RotationAnswer },
};
