import assert from "node:assert/strict";
import { test } from "vitest";
import { SITE_PERMISSIONS } from "../../../bot/access/permissions.ts";
import { startTestApi } from "./api-fixture.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

test("every route declares who may call it, in words that there are", async () => {
  const { routes } = await startTestApi();

  const known = new Set([...Object.keys(SITE_PERMISSIONS), "signed-in", "public"]);
  const undeclared = routes.filter(({ permission }) => !permission || !known.has(permission));

  assert.ok(routes.length > 15);
  assert.deepEqual(undeclared, []);
});

test("only health, metrics and the description are public", async () => {
  const { routes } = await startTestApi();

  const open = routes.filter(({ permission }) => permission === "public").map(({ url }) => url);

  assert.deepEqual([...new Set(open)].sort(), ["/livez", "/metrics", "/openapi.json", "/readyz"]);
});

test("a route that declares nothing lets nobody in", async () => {
  const { app, admin } = await startTestApi();
  const { guard } = await import("../../../bot/api/callers.ts");
  const { fastify } = await import("fastify");
  const bare = fastify();
  bare.addHook("onRequest", guard({ ...(await startTestApi()).store }));
  bare.get("/forgotten", () => "in");

  const answer = await bare.inject({ url: "/forgotten", headers: admin.headers });

  assert.equal(answer.statusCode, 403);
  await bare.close();
  assert.ok(app);
});

test("whoever lacks a route's permission gets 403, without a token 401, and never more", async () => {
  const api = await startTestApi();
  const nobody = await api.addUser("nobody");
  const guarded = api.routes.filter(({ permission }) => permission !== "public");

  for (const { method, url, permission } of guarded) {
    const target = { method: METHODS.find((one) => one === method) ?? assert.fail(method), url };
    const unsigned = await api.app.inject(target);
    assert.equal(unsigned.statusCode, 401, `${method} ${url}`);
    if (permission === "signed-in") continue;
    const refused = await api.app.inject({ ...target, headers: nobody.headers });
    assert.equal(refused.statusCode, 403, `${method} ${url}`);
    assert.match(refused.json().detail, new RegExp(String(permission)));
  }
});

test("describes itself as OpenAPI 3.1, with the permission of each route", async () => {
  const { app } = await startTestApi();

  const answer = await app.inject("/openapi.json");
  const document = answer.json();

  assert.equal(document.openapi, "3.1.0");
  assert.equal(document.info.version, "1.2.3");
  const install = document.paths["/api/v1/bundles"].post;
  assert.equal(install["x-aldis-permission"], "site:bundles-manage");
  assert.deepEqual(install.security, [{ token: [] }]);
  assert.ok(install.responses["4XX"].content["application/problem+json"]);
  assert.deepEqual(document.paths["/livez"].get.security, []);
  const { source } = install.requestBody.content["application/json"].schema.properties;
  assert.equal(source.type, "string");
});
