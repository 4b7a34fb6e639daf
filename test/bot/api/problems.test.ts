import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { InjectOptions } from "fastify";
import { test } from "vitest";
import { startApi } from "../../../bot/api/api.ts";
import { BotError } from "../../../bot/errors.ts";
import { startTestApi } from "./api-fixture.ts";

const JSON_TYPE = { "content-type": "application/json" };
const id = "0198c5f2-7d3a-7000-8000-000000000000";

/** What is sent, the status, and what the detail names. */
const malformed: readonly (readonly [string, InjectOptions, number, RegExp])[] = [
  ["no such route", { url: "/api/v1/nothing" }, 404, /GET \/api\/v1\/nothing/],
  ["another method", { method: "DELETE", url: "/api/v1/bundles" }, 404, /DELETE/],
  ["a bad path", { url: "/api/v1/bundles/%zz" }, 400, /./],
  ["no body", { method: "POST", url: "/api/v1/invocations" }, 400, /body/],
  ["broken JSON", post("{"), 400, /JSON/i],
  ["an empty body", post(""), 400, /body|JSON/i],
  ["a prototype", post('{"__proto__": {"text": "x"}}'), 400, /./],
  ["an array", post("[]"), 400, /expected object/],
  ["null", post("null"), 400, /./],
  ["a missing field", post("{}"), 400, /body\.text/],
  ["a wrong type", post('{"text": 1}'), 400, /body\.text: .*expected string/],
  ["an empty text", post('{"text": ""}'), 400, /body\.text/],
  ["a NUL", post('{"text": "a\\u0000b"}'), 400, /body\.text: .*well-formed/],
  ["half a surrogate", post('{"text": "\\ud800"}'), 400, /body\.text: .*well-formed/],
  ["an unknown field", post('{"text": "help", "texd": ""}'), 400, /texd/],
  ["too much", post(JSON.stringify({ text: "x".repeat(1024 * 1024) })), 413, /./],
  ["a long text", post(JSON.stringify({ text: "x".repeat(70_000) })), 400, /body\.text/],
  ["another type", { ...post("text=help"), headers: { "content-type": "text/xml" } }, 415, /./],
  [
    "a bad key",
    post('{"text":"help"}', { "idempotency-key": "two words" }),
    400,
    /idempotency-key/,
  ],
  ["a bad id", { url: "/api/v1/executions/12" }, 400, /params\.id/],
  ["an unknown id", { url: `/api/v1/executions/${id}` }, 404, new RegExp(id)],
  ["an unknown id's events", { url: `/api/v1/executions/${id}/events` }, 404, new RegExp(id)],
  ["a bad event id", events("x"), 400, /last-event-id/],
  ["a huge event id", events("9".repeat(40)), 400, /last-event-id/],
  ["a bad limit", { url: "/api/v1/executions?limit=many" }, 400, /querystring\.limit/],
  ["limit 0", { url: "/api/v1/executions?limit=0" }, 400, /querystring\.limit/],
  ["limit twice", { url: "/api/v1/executions?limit=1&limit=2" }, 400, /querystring\.limit/],
  ["a bad state", { url: "/api/v1/executions?state=odd" }, 400, /querystring\.state/],
  ["a bad name", { url: "/api/v1/bundles/No%20Such" }, 400, /params\.name/],
  ["an unknown bundle", { url: "/api/v1/bundles/nosuch" }, 404, /nosuch/],
  ["a bad tag", token({ name: "a", tags: { "": "x" } }), 400, /body\.tags/],
  ["a tag with a line end", token({ name: "a", tags: { k: "x\n" } }), 400, /body\.tags\.k/],
  ["a bad relay name", token({ name: "../a" }), 400, /body\.name/],
];

function post(payload: string, headers: Record<string, string> = {}): InjectOptions {
  return {
    method: "POST",
    url: "/api/v1/invocations",
    payload,
    headers: { ...JSON_TYPE, ...headers },
  };
}

function events(lastEventId: string): InjectOptions {
  return { url: `/api/v1/executions/${id}/events`, headers: { "last-event-id": lastEventId } };
}

function token(payload: object): InjectOptions {
  return { method: "POST", url: "/api/v1/relays/join-tokens", payload };
}

test("each malformed request gets a problem that names what is wrong", async () => {
  const { app, admin, logged } = await startTestApi();

  for (const [what, request, status, detail] of malformed) {
    const headers = { ...request.headers, ...admin.headers };
    const answer = await app.inject({ ...request, headers });
    assert.equal(answer.statusCode, status, `${what}: ${answer.body}`);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/, what);
    const problem = answer.json();
    assert.equal(problem.status, status, what);
    assert.match(problem.type, /^urn:aldis:problem:/, what);
    assert.match(problem.detail, detail, what);
    assert.equal(problem.requestId, answer.headers["x-request-id"], what);
    assert.doesNotMatch(answer.body, /:\d+:\d+|node_modules/, what);
  }

  assert.deepEqual(logged, []);
});

test("a fault is 500 with a request id that the log has too, and nothing of the inside", async () => {
  const { app, admin, logged } = await startTestApi({
    handle: async () => {
      throw new Error("secret inside");
    },
  });

  const answer = await app.inject({
    ...post('{"text":"help"}'),
    headers: { ...JSON_TYPE, ...admin.headers },
  });

  assert.equal(answer.statusCode, 500);
  assert.ok(!answer.body.includes("secret"));
  assert.equal(logged.length, 1);
  assert.equal(logged[0]?.requestId, answer.json().requestId);
  assert.equal(logged[0]?.msg, "request met a fault");
});

test("a known fault, and a database that is gone, are 503 with one line", async () => {
  const refusing = await startTestApi({
    handle: async () => {
      throw new BotError("not-recorded", "the database refused it: nothing was run");
    },
  });
  const gone = await startTestApi();
  await gone.store.stop();

  const headers = { ...JSON_TYPE, ...refusing.admin.headers };
  const first = await refusing.app.inject({ ...post('{"text":"help"}'), headers });
  const second = await gone.app.inject({ url: "/api/v1/whoami", headers: gone.admin.headers });

  assert.equal(first.statusCode, 503);
  assert.match(first.json().detail, /nothing was run/);
  assert.equal(first.headers["retry-after"], "5");
  assert.equal(second.statusCode, 503);
});

test("what is not HTTP gets a problem, and the connection ends", async () => {
  const { deps } = await startTestApi();
  const api = await startApi(deps);
  const { port } = new URL(api.address);

  for (const [sent, status] of [
    ["nonsense\r\n\r\n", 400],
    [`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431],
  ] as const) {
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(sent);
    const answer = await text(socket);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(answer, /application\/problem\+json/);
  }
  await api.stop();
});

test("a port in use is one clear line", async () => {
  const { deps } = await startTestApi();
  const first = await startApi(deps);
  const port = Number(new URL(first.address).port);
  const taken = { ...deps, address: { host: "127.0.0.1", port } };

  const second = startApi(taken);

  await assert.rejects(second, (error) => {
    assert.ok(error instanceof BotError);
    assert.equal(error.code, "listen");
    assert.match(error.message, new RegExp(`127.0.0.1:${port}.*ALDIS_API_ADDRESS`));
    return !error.message.includes("\n");
  });
  await first.stop();
});

test("listening beyond the machine without TLS is warned of, loudly and once", async () => {
  const { deps, logged } = await startTestApi();

  const api = await startApi({ ...deps, address: { host: "0.0.0.0", port: 0 } });
  await api.stop();

  assert.deepEqual(
    logged.map(({ level }) => level),
    ["warn"],
  );
  assert.match(String(logged[0]?.msg), /WITHOUT TLS/);
});
