import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { demultiplex } from "../../../../relay/runtime/engine/demultiplex.ts";

const STREAMS = { stdout: 1, stderr: 2 } as const;
type Frame = [stream: "stdout" | "stderr", text: string];

test("puts streams together again, wherever the chunks were cut", async () => {
  const stream = fc.constantFrom<"stdout" | "stderr">("stdout", "stderr");
  const frames = fc.array(fc.tuple(stream, fc.string({ maxLength: 40 })));
  const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 });

  await fc.assert(
    fc.asyncProperty(frames, cuts, async (sent, sizes) => {
      const read = { stdout: "", stderr: "" };

      for await (const piece of demultiplex(cut(Buffer.concat(sent.map(frameOf)), sizes))) {
        read[piece.stream] += Buffer.from(piece.bytes).toString("latin1");
      }

      assert.deepEqual(read, { stdout: textOf(sent, "stdout"), stderr: textOf(sent, "stderr") });
    }),
  );
});

test("hands on what is there of a frame before the rest has come", async () => {
  const frame = frameOf(["stdout", "0123456789"]);
  const rest = Promise.withResolvers<Buffer>();
  async function* chunks() {
    yield frame.subarray(0, 12);
    yield await rest.promise;
  }

  const pieces = demultiplex(chunks());
  const first = await pieces.next();
  rest.resolve(frame.subarray(12));
  const second = await pieces.next();

  const texts = [first, second].map(({ value }) => value && Buffer.from(value.bytes).toString());
  assert.deepEqual(texts, ["0123", "456789"]);
});

function frameOf([stream, text]: Frame): Buffer {
  const bytes = Buffer.from(text, "latin1");
  const head = Buffer.alloc(8);
  head[0] = STREAMS[stream];
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

function textOf(frames: readonly Frame[], stream: Frame[0]): string {
  const texts = frames.filter(([each]) => each === stream).map(([, text]) => text);
  return Buffer.from(texts.join(""), "latin1").toString("latin1");
}

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let rest = bytes;
  for (let turn = 0; rest.length > 0; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield rest.subarray(0, size);
    rest = rest.subarray(size);
  }
}
