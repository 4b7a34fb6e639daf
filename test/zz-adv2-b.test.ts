import { test } from "vitest";
import { sql } from "drizzle-orm";
import { installTestBundle, startTestApi } from "./bot/api/api-fixture.ts";
const P = (...a: unknown[]) => console.log(...a.map((x) => typeof x === "string" ? x : JSON.stringify(x)));
test("b", { timeout: 60000 }, async () => {
  const api = await startTestApi(); await installTestBundle(api);
  const mallory = await api.addUser("mallory"); const ada = await api.addUser("ada");
  const call = async (by: any, method: any, path: string, payload?: object) => { const r = await api.app.inject({ method, url: `/api/v1/${path}`, headers: by.headers, ...(payload && { payload }) }); return [r.statusCode, r.body.slice(0, 260)] as const; };
  const A = api.admin;
  const count = async () => (await api.store.inWorkspace(api.workspaceId, (db) => db.execute(sql`select kind, count(*)::int n from audit_events group by 1 order by 1`))).rows.map((r: any) => `${r.kind}=${r.n}`).join(" ");
  P(await call(A, "POST", "roles", { name: "Deployer", permissions: ["web:deploy"] }));
  P("10000", await call(A, "POST", "grants", { role: "Deployer", user: "ada", expiresAt: "9999-12-31T23:59:59-23:59" }));
  P("list", await call(A, "GET", "grants"));
  P("explain ada", await call(A, "POST", "rules/explain", { text: "web:deploy", as: "ada" }));
  P("whoami ada", await call(ada, "GET", "whoami"));
  P("inv ada", await call(ada, "POST", "invocations", { text: "web:deploy" }));
  for (const n of ["%00", "(", "%28", ".*", "[", "site:x%00", "%F0%9F%98%80"]) { P("perm del", n, await call(A, "DELETE", `permissions/${n}`)); P("role", n, await call(A, "DELETE", `roles/${n}`)); P("user", n, (await call(A, "POST", `users/${n}/suspend`))); }
  P("redos"); const t0 = Date.now(); P(await call(A, "POST", "permissions", { name: "site:on-call" })); P(await call(A, "POST", "rules", { rule: 'web:deploy with arg[0] != "' + "a".repeat(3000) + '" must have site:on-call' }));
  P(await call(A, "DELETE", `permissions/${encodeURIComponent("(((a*)*)*\\1)*b")}`), Date.now() - t0);
  P("until neg", await call(A, "GET", "audit/events?until=1960-01-01T00:00:00Z"));
  P("until 0000", await call(A, "GET", "audit/events?since=0000-01-01T00:00:00Z"));
  P("since 9999", await call(A, "GET", "audit/export?since=9999-12-31T23:59:59Z"));
  P("since 1960", await call(A, "GET", "audit/export?since=1960-01-01T23:59:59Z"));
  P("textnul", await call(A, "GET", "audit/events?text=%00"), await call(A, "GET", "audit/events?user=%00"), await call(A, "GET", "audit/events?text=%25"));
  P("relay null", await call(A, "GET", "audit/events?invocation=019999aa-0000-7000-8000-000000000000"));
  const before = await count();
  P("denied", await call(mallory, "POST", "grants", { role: "Workspace Admin", user: "mallory" }), await call(mallory, "GET", "audit/events"), await call(mallory, "GET", "users"), await call(mallory, "POST", "rules/explain", { text: "web:deploy", as: "ada" }), await call(mallory, "POST", "rules/explain", { text: "web:deploy", relay: "nope" }));
  P("recorded by denied:", before === (await count()) ? "NOTHING" : await count());
  P(await call(A, "POST", "groups", { name: "secret-project-x" }));
  P(await call(A, "POST", "rules", { rule: 'web:deploy with group in [secret-project-x] and user != "ceo" forbid because "x"' }));
  P("mallory rules", await call(mallory, "GET", "rules"), await call(mallory, "GET", "bundles"));
  const r = await api.app.inject({ method: "POST", url: "/api/v1/rules/explain", headers: mallory.headers, payload: { text: "web:deploy" } }); P("mallory explain", r.body.slice(0, 1800).replace(/a{100,}/g, "aaa"));
  // erase the reason of erasing
  await call(A, "POST", "grants", { role: "Deployer", user: "ada" }); const ev = (await api.store.inWorkspace(api.workspaceId, (db) => db.execute(sql`select id from audit_events where kind='grant.added'`))).rows[0] as any;
  P(await call(A, "POST", `audit/events/${ev.id}/erase`, { reason: "hide" }));
  const ev2 = (await api.store.inWorkspace(api.workspaceId, (db) => db.execute(sql`select id from audit_events where kind='audit.detail-erased'`))).rows[0] as any;
  P(await call(A, "POST", `audit/events/${ev2.id}/erase`, { reason: "hide2" }));
  P("again", await call(A, "POST", `audit/events/${ev2.id}/erase`, { reason: "hide3" }));
  // lock out via bogus adapter
  P("lockout", await call(A, "POST", "users", { name: "ghost" }), await call(A, "POST", "users/ghost/identities", { adapter: "nowhere", installation: "x", account: "y" }), await call(A, "POST", "grants", { role: "Workspace Admin", user: "ghost" }), await call(A, "POST", "users/admin/suspend"), await call(A, "GET", "whoami"));
  P("logged", [...new Set(api.logged.filter((l: any) => ["error", "warn"].includes(l.level)).map((l: any) => `${l.level} ${l.msg} ${l.route} ${l.err?.message?.slice(0, 120)}`))]);
});
