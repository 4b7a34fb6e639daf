import assert from "node:assert/strict";
import { test } from "vitest";
import { readEvents, type ServerEvent } from "../../../bot/cli/event-stream.ts";

const TEXT = `: hello\n\nid: 1-0\nevent: state\ndata: {"a":"é"}\n\ndata: one\ndata: two\n\nid: 2\ndata: cut`;

async function eventsIn(chunks: readonly Uint8Array[]): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(ReadableStream.from(chunks))) events.push(event);
  return events;
}

test("reads events however they are cut into chunks, and none that is not whole", async () => {
  const bytes = Buffer.from(TEXT);
  const expected = [
    { id: "1-0", name: "state", data: '{"a":"é"}' },
    { id: "", name: "message", data: "one\ntwo" },
  ];

  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    assert.deepEqual(await eventsIn(chunks), expected, `chunks of ${size}`);
  }
});
