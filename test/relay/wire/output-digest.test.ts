import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "vitest";
import { encodeFrames } from "../../../relay/wire/frames.ts";
import { OutputDigest, outputDigestOf } from "../../../relay/wire/output-digest.ts";

const one = encodeFrames("stdout", Buffer.from("one"));
const two = encodeFrames("stderr", Buffer.from("two"));
const both = Buffer.concat([one, two]);

function sha256(...parts: Uint8Array[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

test("chains frame to frame, from 32 zero bytes on", () => {
  const expected = sha256(sha256(Buffer.alloc(32), one), two);

  assert.equal(outputDigestOf(both), expected.toString("base64url"));
  assert.equal(outputDigestOf(new Uint8Array()), Buffer.alloc(32).toString("base64url"));
});

test("goes on from a chain as if it had seen what came before", () => {
  const before = new OutputDigest();
  before.update(one);

  const after = new OutputDigest(before.chain());
  after.update(two);

  assert.equal(after.value(), outputDigestOf(both));
});

test("differs where the same bytes are cut or ordered otherwise", () => {
  const joined = encodeFrames("stdout", Buffer.from("onetwo"));
  const cut = ["one", "two"].map((text) => encodeFrames("stdout", Buffer.from(text)));

  const digests = [both, Buffer.concat([two, one]), joined, Buffer.concat(cut)].map(outputDigestOf);

  assert.equal(new Set(digests).size, 4);
});
