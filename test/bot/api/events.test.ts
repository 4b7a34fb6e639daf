import assert from "node:assert/strict";
import { test } from "vitest";
import { startApi } from "../../../bot/api/api.ts";
import { readEvents, type ServerEvent } from "../../../bot/cli/event-stream.ts";
import { installTestBundle, startTestApi } from "./api-fixture.ts";
import { storedExecution } from "./stored-execution.ts";

async function runningExecution() {
  const api = await startTestApi();
  await installTestBundle(api);
  const server = await startApi(api.deps);
  const { headers } = api.admin;
  const answer = await api.app.inject({
    method: "POST",
    url: "/api/v1/invocations",
    headers,
    payload: { text: "web:show" },
  });
  const execution = await storedExecution(api, answer.json().executionId);
  const url = `${server.address}/api/v1/executions/${execution.id}/events`;

  /** Follows from an event on; `take` events, then hangs up. */
  async function follow(lastEventId?: string, take = Number.POSITIVE_INFINITY) {
    const hangUp = new AbortController();
    const resume = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const response = await fetch(url, {
      headers: { ...headers, ...resume },
      signal: hangUp.signal,
    });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const events: ServerEvent[] = [];
    if (!response.body) throw new Error("no body");
    for await (const event of readEvents(response.body)) {
      events.push(event);
      if (events.length >= take) break;
    }
    hangUp.abort();
    return events;
  }
  return { api, server, execution, follow };
}

function outputOf(events: readonly ServerEvent[]): string {
  return events
    .filter(({ name }) => name === "output")
    .map(({ data }) => {
      const { stream, text, base64 } = JSON.parse(data);
      return `${stream}:${text ?? Buffer.from(base64, "base64").toString("latin1")}`;
    })
    .join("|");
}

test("tells state, output as it is stored, and the end", async () => {
  const { server, execution, follow } = await runningExecution();

  const [queued] = await follow(undefined, 1);
  const following = follow();
  await execution.start();
  await execution.print("stdout", "one\n");
  await execution.print("stderr", "two\n", Buffer.from([0xc3, 0x28]));
  await execution.end("failed", 3);
  const events = await following;
  await server.stop();

  assert.equal(outputOf(events), "stdout:one\n|stderr:two\n|stderr:\xc3(");
  const states = events
    .filter(({ name }) => name === "state")
    .map(({ data }) => JSON.parse(data).state);
  assert.equal(JSON.parse(queued?.data ?? "").state, "queued");
  assert.equal(states.at(-1), "failed");
  const last = events.at(-1);
  assert.equal(last?.name, "ended");
  assert.deepEqual(JSON.parse(last?.data ?? ""), {
    state: "failed",
    exitCode: 3,
    reason: null,
    durationMs: 5,
    outputComplete: true,
  });
});

test("resumes behind any event: nothing twice, nothing lost", async () => {
  const { server, execution, follow } = await runningExecution();
  await execution.start();
  // Several frames in one stored piece, and several pieces.
  await execution.print("stdout", "a", "b", "c");
  await execution.print("stderr", "d", "e");
  await execution.print("stdout", "f");
  await execution.end("succeeded");

  const whole = outputOf(await follow());
  const resumed: string[] = [];
  const all = await follow();
  for (const [index, { id }] of all.entries()) {
    const before = outputOf(all.slice(0, index + 1));
    const after = outputOf(await follow(id));
    resumed.push([before, after].filter(Boolean).join("|"));
  }
  const beyond = await follow("1-999999");
  await server.stop();

  assert.equal(whole, "stdout:a|stdout:b|stdout:c|stderr:d|stderr:e|stdout:f");
  assert.deepEqual([...new Set(resumed)], [whole]);
  assert.equal(outputOf(beyond), "");
  assert.equal(beyond.at(-1)?.name, "ended");
});

test("a client that hangs up mid-way and comes back gets the rest, while it still runs", async () => {
  const { server, execution, follow } = await runningExecution();
  await execution.start();
  await execution.print("stdout", "first");

  const before = await follow(undefined, 2);
  await execution.print("stdout", "second");
  const following = follow(before.at(-1)?.id);
  await execution.print("stdout", "third");
  await execution.end("succeeded");
  const after = await following;
  await server.stop();

  assert.equal(outputOf(before), "stdout:first");
  assert.equal(outputOf(after), "stdout:second|stdout:third");
});

test("a new attempt begins its output anew", async () => {
  const { server, execution, follow } = await runningExecution();

  const before = await follow(undefined, 1);
  await execution.refuse();
  await execution.start();
  await execution.print("stdout", "again");
  await execution.end("succeeded");
  const after = await follow(before.at(-1)?.id);
  await server.stop();

  assert.equal(before[0]?.id, "1-0");
  assert.equal(outputOf(after), "stdout:again");
  assert.match(after.at(-1)?.id ?? "", /^2-\d+$/);
});

test("ends the stream when the bot stops, so that the client goes to another", async () => {
  const { server, follow } = await runningExecution();

  const following = follow();
  await server.stop();
  const events = await following.catch(() => []);

  assert.ok(events.every(({ name }) => name !== "ended"));
});

test("lets go of an execution when nobody follows it any more", async () => {
  const { api, server, follow } = await runningExecution();
  const { live } = api.deps.dispatch;
  const watched = () => live.watchedFor(0).length;
  const before = watched();

  await follow(undefined, 1);
  const { waitFor } = await import("../../support/wait.ts");
  await waitFor(() => watched() === before, { what: "the watcher to be released" });
  await server.stop();

  assert.equal(watched(), before);
  assert.deepEqual(api.logged, []);
});
