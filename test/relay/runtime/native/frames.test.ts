import assert from "node:assert/strict";
import { test } from "vitest";
import {
  decodeTaken,
  encodeFrame,
  encodeTaken,
  FRAME,
  frameReader,
} from "../../../../relay/runtime/native/frames.ts";

test("frames are read the same, wherever the chunks are cut", () => {
  const frames = [
    encodeFrame(FRAME.stdout, 7, Buffer.from("some output")),
    encodeFrame(FRAME.stdoutEnd, 7, Buffer.alloc(0)),
    encodeFrame(FRAME.stderr, 4_000_000_000, Buffer.from("x")),
  ];
  const bytes = Buffer.concat(frames);

  const readings = Array.from({ length: bytes.length }, (_, index) => read(bytes, index + 1));

  const expected = [
    [FRAME.stdout, 7, "some output"],
    [FRAME.stdoutEnd, 7, ""],
    [FRAME.stderr, 4_000_000_000, "x"],
  ];
  for (const reading of readings) assert.deepEqual(reading, expected);
});

test("says which stream had how much taken", () => {
  const taken: unknown[] = [];
  const take = frameReader((_kind, _id, body) => taken.push(decodeTaken(body)));

  take(Buffer.concat([encodeTaken(1, "stdout", 5), encodeTaken(1, "stderr", 2 ** 31)]));

  assert.deepEqual(taken, [
    { stream: "stdout", bytes: 5 },
    { stream: "stderr", bytes: 2 ** 31 },
  ]);
});

function read(bytes: Buffer, chunkBytes: number): unknown[] {
  const found: unknown[] = [];
  const take = frameReader((kind, id, body) => found.push([kind, id, body.toString()]));
  for (let at = 0; at < bytes.length; at += chunkBytes) take(bytes.subarray(at, at + chunkBytes));
  return found;
}
