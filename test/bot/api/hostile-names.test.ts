import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import "../../support/property-seed.ts";
import { startTestApi } from "./api-fixture.ts";

const HOSTILE = [
  "\0",
  "a\0b",
  "(",
  "site:x(",
  "[",
  "\\",
  "'",
  '"; drop table users',
  "%",
  "..",
  "__proto__",
  "constructor",
  "\ud800",
  "\u202e",
  "a".repeat(300),
  "admin",
  "Viewer",
  "site:on-call",
];
const name = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
);
const moment = fc.oneof(
  fc.constantFrom(
    "0000-01-01T00:00:00Z",
    "1960-01-01T00:00:00Z",
    "1969-12-31T23:59:59-00:01",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59.999999999Z",
    "2030-02-30T00:00:00Z",
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);

type Sent = { method: "GET" | "POST" | "DELETE"; path: string; payload?: object };

/** A lone surrogate has no place in a URL. */
const part = (text: string) => encodeURIComponent(text.toWellFormed());

const sent: fc.Arbitrary<Sent> = fc.tuple(name, name, moment).chain(([one, other, at]) => {
  const [a, b] = [part(one), part(other)];
  const identity = { adapter: one, installation: other, account: one };
  return fc.constantFrom<Sent>(
    { method: "POST", path: "users", payload: { name: one, labels: { [other]: one } } },
    { method: "POST", path: `users/${a}/suspend` },
    { method: "POST", path: `users/${a}/activate` },
    { method: "POST", path: "users/admin/identities", payload: identity },
    { method: "DELETE", path: `users/${a}/identities/${b}/${a}/${b}` },
    { method: "POST", path: "groups", payload: { name: one } },
    { method: "DELETE", path: `groups/${a}` },
    { method: "POST", path: `groups/${a}/members`, payload: { user: other } },
    { method: "DELETE", path: `groups/${a}/members/${b}` },
    { method: "POST", path: "roles", payload: { name: one, permissions: [other] } },
    { method: "POST", path: `roles/${a}/permissions`, payload: { add: [other] } },
    { method: "DELETE", path: `roles/${a}` },
    { method: "POST", path: "grants", payload: { role: one, user: other, expiresAt: at } },
    { method: "POST", path: "grants", payload: { role: "Viewer", user: "admin", expiresAt: at } },
    { method: "DELETE", path: `grants/${a}` },
    { method: "POST", path: "permissions", payload: { name: one, description: other } },
    { method: "DELETE", path: `permissions/${a}` },
    { method: "GET", path: `permissions/${a}` },
    { method: "POST", path: "rules", payload: { rule: `aldis:help must have ${one}` } },
    { method: "POST", path: "rules", payload: { rule: one } },
    { method: "DELETE", path: `rules/${a}` },
    { method: "POST", path: "rules/explain", payload: { text: one, as: other, relay: one } },
    { method: "GET", path: `audit/events?since=${part(at)}` },
    { method: "GET", path: `audit/events?until=${part(at)}` },
    { method: "GET", path: `audit/events?user=${a}&command=${b}` },
  );
});

test("no name and no moment in a request is a fault of the program", async () => {
  const { app, admin } = await startTestApi();

  await fc.assert(
    fc.asyncProperty(sent, async ({ method, path, payload }) => {
      const { headers } = admin;
      const answer = await app.inject({
        method,
        url: `/api/v1/${path}`,
        headers,
        ...(payload && { payload }),
      });
      assert.ok(answer.statusCode < 500, `${answer.statusCode} ${answer.body}`);
      if (answer.statusCode < 400) return;
      assert.doesNotMatch(answer.json().detail, /\n/);
    }),
    { numRuns: Number(process.env.ALDIS_TEST_RUNS ?? 400) },
  );
});
