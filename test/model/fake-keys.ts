import type { PublicJwk, SigningKey, VerifyingKey } from "../../relay/wire/keys.ts";

/**
 * Keys that cost nothing: a signature is the name of who signed. Nobody forges in the model; that
 * messages are what they claim to be is tried elsewhere, with real keys.
 */
export function fakeSigningKey(name: string): SigningKey {
  const publicJwk: PublicJwk = { kty: "OKP", crv: "Ed25519", x: name.padEnd(43, "_") };
  const signature = Buffer.from(publicJwk.x);
  return { kid: publicJwk.x, publicJwk, sign: async () => signature };
}

export function readFakeKey({ x }: PublicJwk): VerifyingKey {
  const expected = Buffer.from(x);
  return {
    kid: x,
    isSignatureOf: async (_, signature) => expected.equals(signature),
  };
}
