import assert from "node:assert/strict";
import { test } from "vitest";
import { withoutComplaint } from "../../../../relay/runtime/engine/init-complaint.ts";

const COMPLAINT = "[FATAL tini (7)] exec no-such failed: No such file or directory\n";

function recorded() {
  const seen: string[] = [];
  const { sink, end } = withoutComplaint(async (stream, bytes) => {
    seen.push(`${stream}: ${Buffer.from(bytes)}`);
  });
  const say = (text: string, stream: "stdout" | "stderr" = "stderr") =>
    sink(stream, Buffer.from(text));
  return { seen, say, end };
}

test("keeps the complaint to itself, in however many pieces it comes", async () => {
  const { seen, say, end } = recorded();

  await say(COMPLAINT.slice(0, 5));
  await say(COMPLAINT.slice(5));
  const complaint = await end(127);

  assert.equal(complaint, "exec no-such failed: No such file or directory");
  assert.deepEqual(seen, []);
});

test.each([
  ["the command has ended otherwise", COMPLAINT, 1],
  ["the line goes on otherwise", "[FATAL tini (7)] or so\n", 127],
])("hands on what was held where %s", async (_, text, code) => {
  const { seen, say, end } = recorded();

  await say(text);
  const complaint = await end(code);

  assert.equal(complaint, undefined);
  assert.deepEqual(seen, [`stderr: ${text}`]);
});

test("holds nothing else back, and nothing after it", async () => {
  const { seen, say } = recorded();

  await say("first");
  await say(COMPLAINT);
  await say("out", "stdout");

  assert.deepEqual(seen, ["stderr: first", `stderr: ${COMPLAINT}`, "stdout: out"]);
});
