import assert from "node:assert/strict";
import { test } from "vitest";
import { installTestBundle, startTestApi, type TestApi, type TestUser } from "./api-fixture.ts";

function say({ app }: TestApi, user: TestUser, text: string, key?: string) {
  return app.inject({
    method: "POST",
    url: "/api/v1/invocations",
    headers: { ...user.headers, ...(key && { "idempotency-key": key }) },
    payload: { text },
  });
}

test("answers a command of the bot itself at once", async () => {
  const api = await startTestApi();

  const answer = await say(api, api.admin, "!whoami");

  assert.equal(answer.statusCode, 201);
  const { decision, executionId, answer: said } = answer.json();
  assert.equal(decision, "allow");
  assert.equal(executionId, undefined);
  assert.equal(said.tone, "ok");
  assert.match(said.text, /admin/);
  assert.equal(said.blocks[0].kind, "fields");
});

test("answers with the execution as soon as there is one", async () => {
  const api = await startTestApi();
  await installTestBundle(api);

  const answer = await say(api, api.admin, "web:show hello");

  assert.equal(answer.statusCode, 201);
  const { executionId, invocationId, answer: said } = answer.json();
  assert.equal(said, undefined);
  const url = `/api/v1/executions/${executionId}`;
  const execution = await api.app.inject({ url, headers: api.admin.headers });
  const { state, command, invocationId: from } = execution.json();
  assert.deepEqual(
    { state, command, from },
    { state: "queued", command: "web:show", from: invocationId },
  );
});

test("says no, and that it was recorded", async () => {
  const api = await startTestApi();
  await installTestBundle(api);

  const denied = (await say(api, api.admin, "web:deploy")).json();
  const unknown = (await say(api, api.admin, "nosuch")).json();
  const malformed = (await say(api, api.admin, "web:deploy --nosuch")).json();

  assert.equal(denied.decision, "deny");
  assert.match(denied.answer.text, /web:deploy/);
  assert.equal(denied.answer.tone, "problem");
  assert.equal(unknown.decision, "unknown");
  assert.equal(malformed.decision, "malformed");
});

test("runs once for one key, and answers later ones with the same ids", async () => {
  const api = await startTestApi();
  await installTestBundle(api);

  const answers = await Promise.all(
    Array.from({ length: 8 }, () => say(api, api.admin, "web:show hello", "key-1")),
  );

  const bodies = new Set(answers.map(({ body }) => body));
  assert.equal(bodies.size, 1);
  assert.ok(answers.every(({ statusCode }) => statusCode === 201));
  const replayed = answers.filter(({ headers }) => headers["idempotency-replayed"] === "true");
  assert.equal(replayed.length, 7);
  const url = "/api/v1/executions";
  const list = await api.app.inject({ url, headers: api.admin.headers });
  assert.equal(list.json().executions.length, 1);
});

test("one user's key says nothing about another's", async () => {
  const api = await startTestApi();
  await installTestBundle(api);
  const other = await api.addUser("other");

  const mine = (await say(api, api.admin, "web:show mine", "same")).json();
  const theirs = (await say(api, other, "web:show theirs", "same")).json();

  assert.notEqual(mine.executionId, theirs.executionId);
});

test("tells of a fault before anything was recorded as 503", async () => {
  const api = await startTestApi({
    handle: async (_message, conversation) => {
      const text = "the bot is stopping: nothing was run";
      await conversation.tell({
        tone: "problem",
        isPrivate: true,
        blocks: [{ kind: "text", text }],
      });
    },
  });

  const answer = await say(api, api.admin, "help");

  assert.equal(answer.statusCode, 503);
  assert.match(answer.json().detail, /stopping/);
});
