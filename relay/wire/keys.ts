import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from "node:crypto";
import { z } from "zod";

/** An Ed25519 or X25519 public key as a JWK (RFC 8037). */
export const PublicJwk = z.object({
  kty: z.literal("OKP"),
  crv: z.enum(["Ed25519", "X25519"]),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});
export type PublicJwk = z.infer<typeof PublicJwk>;

/** A private key, ready to sign, with the thumbprint that names it in a signature's header. */
export interface SigningKey {
  kid: string;
  publicJwk: PublicJwk;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

export interface VerifyingKey {
  kid: string;
  isSignatureOf(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** A new key, as PKCS #8 PEM. */
export function generateKeyPem(curve: "ed25519" | "x25519"): string {
  const { privateKey } =
    curve === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519");
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Throws when the text is not the PEM of an Ed25519 or X25519 private key. */
export function readSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  const publicJwk = PublicJwk.parse(createPublicKey(privateKey).export({ format: "jwk" }));
  return {
    kid: thumbprint(publicJwk),
    publicJwk,
    // With a callback it runs in the thread pool: signing is on the hot path.
    sign: (bytes) =>
      new Promise((resolve, reject) => {
        sign(null, bytes, privateKey, (error, signature) =>
          error ? reject(error) : resolve(signature),
        );
      }),
  };
}

export function readVerifyingKey(jwk: PublicJwk): VerifyingKey {
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  return {
    kid: thumbprint(jwk),
    isSignatureOf: (bytes, signature) =>
      new Promise((resolve) => {
        verify(null, bytes, publicKey, signature, (error, isValid) => resolve(!error && isValid));
      }),
  };
}

/** The JWK thumbprint (RFC 7638, SHA-256): the name of a key, and the authority's fingerprint. */
export function thumbprint(jwk: PublicJwk): string {
  const canonical = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x });
  return createHash("sha256").update(canonical).digest("base64url");
}
