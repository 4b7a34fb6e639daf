import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { createCatchUp } from "../../../../bot/chat/discord/catch-up.ts";
import { firstIdAt, type MessageEvent, timeOf } from "../../../../bot/chat/discord/events.ts";
import { createHeard, readMissed } from "../../../../bot/chat/discord/missed.ts";
import { waitFor } from "../../../support/wait.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const MINUTE_MS = 60_000;

function messageAt(timeMs: number, channel = "7"): MessageEvent {
  const author = { id: "1", username: "ada" };
  const id = firstIdAt(timeMs);
  return { id, channel_id: channel, author, content: "x", type: 0, mentions: [] };
}

describe("what may have been missed", () => {
  test("is nothing before anything was heard", () => {
    assert.equal(createHeard().missedAfter(NOW_MS), undefined);
  });

  test("begins a little before the newest that was heard, in whatever order it came", () => {
    const heard = createHeard();

    heard.note(firstIdAt(NOW_MS - MINUTE_MS));
    heard.note(firstIdAt(NOW_MS - 2 * MINUTE_MS));

    const after = timeOf(heard.missedAfter(NOW_MS) ?? "0").getTime();
    assert.equal(after, NOW_MS - MINUTE_MS - 5_000);
  });

  test("begins ten minutes ago at most", () => {
    const heard = createHeard();

    heard.note(firstIdAt(NOW_MS - 60 * MINUTE_MS));

    const after = timeOf(heard.missedAfter(NOW_MS) ?? "0").getTime();
    assert.equal(after, NOW_MS - 10 * MINUTE_MS);
  });
});

test("a history of many pages is read from its oldest to its newest", async () => {
  const all = Array.from({ length: 250 }, (_, index) => messageAt(NOW_MS + index));
  const readHistory = async (_: string, after: string) =>
    all.filter(({ id }) => BigInt(id) > BigInt(after)).slice(0, 100);

  const read: MessageEvent[] = [];
  for await (const message of readMissed({ readHistory }, "7", "0")) read.push(message);

  assert.deepEqual(read, all);
});

test("a guild that the bot has just been invited to has no history to answer", async () => {
  const asked: string[] = [];
  const taken: MessageEvent[] = [];
  const catchUp = createCatchUp({
    calls: {
      readHistory: async (channel, after) => {
        asked.push(channel);
        return [messageAt(NOW_MS, channel)].filter(({ id }) => BigInt(id) > BigInt(after));
      },
    },
    clock: { wallMs: () => NOW_MS },
    take: (message) => taken.push(message),
    attempt: (act) => void act(),
  });
  const ready = { user: { id: "2", username: "aldis" }, application: { id: "2" } };
  const guild = (id: string, channel: string) => ({
    id,
    channels: [{ id: channel, type: 0, last_message_id: firstIdAt(NOW_MS) }],
    threads: [],
  });
  catchUp.heardUntil(NOW_MS - MINUTE_MS);
  catchUp.begin({ ...ready, guilds: [{ id: "10" }] });

  catchUp.guild(guild("10", "100"));
  catchUp.guild(guild("11", "110"));

  await waitFor(() => taken.length > 0);
  assert.deepEqual([...new Set(asked)], ["100"]);
  assert.deepEqual(
    taken.map((message) => message.guild_id),
    ["10"],
  );
});
