import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "vitest";
import { readAhead } from "../../../../relay/runtime/engine/read-ahead.ts";
import { waitFor } from "../../../support/wait.ts";

const MIB = 1024 * 1024;

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk.toString();
  return text;
}

test("gives all that came, in order, whether it was asked for or taken ahead", async () => {
  const stream = new PassThrough();
  const ahead = readAhead(stream);
  const chunks = ahead.chunks();

  stream.write("one ");
  const first = await chunks.next();
  ahead.start();
  stream.write("two ");
  stream.write("three ");
  await waitFor(() => stream.readableLength === 0);
  ahead.stop();
  stream.end("four");
  const rest = await textOf(chunks);

  assert.equal(`${first.value}${rest}`, "one two three four");
});

test("reads no more than it is asked for, unless it reads ahead", async () => {
  const stream = new PassThrough();
  const ahead = readAhead(stream);

  stream.write("one");
  await new Promise((resolve) => setImmediate(resolve));
  const waiting = stream.readableLength;
  ahead.start();

  assert.deepEqual([waiting, stream.readableLength], [3, 0]);
});

test("takes no more to memory than its bound, and loses nothing of the rest", async () => {
  const stream = new PassThrough();
  const ahead = readAhead(stream);
  ahead.start();

  for (let mib = 0; mib < 8; mib++) stream.write(Buffer.alloc(MIB));
  await new Promise((resolve) => setImmediate(resolve));
  const left = stream.readableLength + stream.writableLength;
  stream.end();
  let bytes = 0;
  for await (const chunk of ahead.chunks()) bytes += chunk.length;

  assert.ok(left >= 3 * MIB, `${left} bytes wait`);
  assert.equal(bytes, 8 * MIB);
});

test("ends where the connection breaks", async () => {
  const stream = new PassThrough();
  const ahead = readAhead(stream);
  const reading = textOf(ahead.chunks());

  stream.write("some");
  await waitFor(() => stream.readableLength === 0);
  stream.destroy(new Error("broken"));

  assert.equal(await reading, "some");
});
