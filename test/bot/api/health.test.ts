import assert from "node:assert/strict";
import { Counter, Registry } from "prom-client";
import { test } from "vitest";
import { startTestApi } from "./api-fixture.ts";

test("is alive whatever else is not", async () => {
  const { app, store } = await startTestApi();
  await store.stop();

  const answer = await app.inject("/livez");

  assert.equal(answer.statusCode, 200);
  assert.equal(answer.body, "alive");
});

test("is ready when database and bus are", async () => {
  const { app } = await startTestApi();

  const answer = await app.inject("/readyz");

  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), {
    ready: true,
    parts: [
      { name: "database", ready: true },
      { name: "bus", ready: true },
    ],
  });
});

test("is not ready while a part is not, and says which and why", async () => {
  const readiness = async () => ({ database: true, bus: "connection refused" });
  const { app } = await startTestApi({ readiness });

  const answer = await app.inject("/readyz");

  assert.equal(answer.statusCode, 503);
  const { ready, parts } = answer.json();
  assert.equal(ready, false);
  assert.deepEqual(parts[1], { name: "bus", ready: false, detail: "connection refused" });
});

test("is not ready when a part does not answer", async () => {
  const { app } = await startTestApi({ readiness: () => new Promise(() => {}) });

  const answer = await app.inject("/readyz");

  assert.equal(answer.statusCode, 503);
  assert.match(answer.json().parts[0].detail, /no answer/);
});

test("shows the metrics of the registry that it was given", async () => {
  const metrics = new Registry();
  new Counter({ name: "test_total", help: "For a test.", registers: [metrics] }).inc(3);
  const { app } = await startTestApi({ metrics });

  const answer = await app.inject("/metrics");

  assert.match(String(answer.headers["content-type"]), /^text\/plain/);
  assert.match(answer.body, /^test_total 3$/m);
});
