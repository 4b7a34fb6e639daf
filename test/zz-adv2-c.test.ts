import { test } from "vitest";
import pg from "pg";
import { readFile, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startTestBot } from "./support/bot.ts";
import { createTestDatabase } from "./support/postgres.ts";
import { waitFor } from "./support/wait.ts";
import { keepHead } from "../relay/agent/kept-heads.ts";
import { installTestBundle, startTestApi } from "./bot/api/api-fixture.ts";
import { enableBundle, installBundle } from "../bot/bundles/installed.ts";
import { addOperatorRule } from "../bot/access/operator-rules.ts";
const P = (...a: unknown[]) => console.log(...a.map((x) => typeof x === "string" ? x : JSON.stringify(x)));
const B = `
aldis_bundle_version: 1
name: pay
version: 1.0.0
description: x
commands:
  once:
    executable: [/bin/echo, hi]
    native: true
    rules: [allow]
`;
async function app(url: string, ws: string, text: string, values: unknown[] = []) {
  const c = new pg.Client(url); await c.connect();
  try { await c.query("begin"); await c.query(`set local aldis.workspace='${ws}'`);
    const r = await c.query(text, values); await c.query("commit"); return r.rows?.length ? r.rows : r.rowCount; }
  catch (e: any) { return `ERR ${e.code} ${e.message}`; } finally { await c.end(); }
}
test("c1 rerun started at-most-once", { timeout: 60000 }, async () => {
  const bot = await startTestBot(); await bot.install(B);
  const relay = await bot.relay("r1");
  const talk = bot.say("!pay:once"); P("said"); void talk.done.then(() => P("done", talk.text()));
  await waitFor(() => relay.offers.length === 1);
  const o1 = relay.offers[0]!; await delay(500); relay.patienceMs = 15000; const permit = await relay.claim(o1);
  P("permit1", permit, "delivery", (o1 as any).delivery);
  const q = (t: string, v: unknown[] = []) => app(bot.database.url, bot.workspaceId, t, v);
  P(await q("insert into results values ($1,$2,1,'forged',0,'x',false)", [bot.workspaceId, o1.executionId]));
  P(await q("update executions set state='queued', attempt=2, relay_id=null, epoch=null where id=$1", [o1.executionId]));
  await waitFor(() => relay.offers.length === 2).catch((e) => P("no 2nd offer", String(e)));
  if (relay.offers[1]) P("offer2", relay.offers[1].attempt, "permit2", await relay.claim(relay.offers[1]).catch((e: any) => String(e)));
  P(await q("select kind, attempt, outcome from audit_events where execution_id=$1 order by at", [o1.executionId]));
  P("verify unaffected; result of attempt1:", await relay.sendResult({ executionId: o1.executionId, attempt: 1 }).catch((e: any) => String(e)));
  await bot.close();
});
test("c2 admin.token overwritten by empty db", { timeout: 60000 }, async () => {
  const dir = await mkdtemp("/tmp/adv2/d-");
  const b1 = await startTestBot({ directory: dir }); const t1 = await readFile(join(dir, "admin.token"), "utf8"); await b1.close();
  const b2 = await startTestBot({ directory: dir }).catch((e) => { P("refused", String(e)); return undefined; });
  const t2 = await readFile(join(dir, "admin.token"), "utf8"); P("c2 token replaced:", t1 !== t2); await b2?.close();
});
test("c3 kept heads clock", () => {
  const h = (number: number, at: string, hash = "a".repeat(64)) => ({ workspace: "w", number, hash, at, jws: "j" }) as any;
  let c = keepHead(undefined, h(10, "2099-01-01T00:00:00Z"));
  for (let d = 1; d < 28; d++) c = keepHead(c, h(10 + d, `2026-11-${String(d).padStart(2, "0")}T00:00:00Z`));
  P("c3 earlier kept after clock once 2099:", c.earlier.length, c.newest.number);
  let d = keepHead(undefined, h(10, "2026-01-01T00:00:00Z")); d = keepHead(d, h(Number.MAX_SAFE_INTEGER, "2026-01-01T00:00:00Z")); d = keepHead(d, h(11, "2026-01-03T00:00:00Z"));
  P("c3b frozen at", d.newest.number, d.earlier.length);
  let e = keepHead(undefined, h(10, "2026-01-01T00:00:00Z"));
  for (let i = 0; i < 402; i++) e = keepHead(e, h(11 + i, new Date(Date.UTC(2026, 1, 1) + i * 86400e3).toISOString()));
  P("c3c genuine 10 still there", e.earlier.some((x) => x.number === 10), e.earlier.length);
});
test("c4 api races", { timeout: 60000 }, async () => {
  const api = await startTestApi(); await installTestBundle(api);
  const { deps: { dispatch }, store, workspaceId, admin } = api; const actor = { userId: admin.userId, method: "t" };
  for (const v of ["1.0.1", "1.0.2"]) await installBundle(dispatch, workspaceId, { text: B.replace("1.0.0", v), file: "x" }, actor);
  const out: string[] = [];
  for (let i = 0; i < 15; i++) { const r = await Promise.allSettled(["1.0.1", "1.0.2", "1.0.1", "1.0.2"].map((v) => enableBundle(store, workspaceId, "pay", v, actor))); for (const x of r) if (x.status === "rejected") out.push(String(x.reason?.cause?.message ?? x.reason).slice(0, 120)); }
  P("c4 enable race failures", out.length, [...new Set(out)]);
  const inj = (by: any, method: any, path: string, payload?: object) => api.app.inject({ method, url: `/api/v1/${path}`, headers: by.headers, ...(payload && { payload }) });
  await inj(admin, "POST", "permissions", { name: "site:tmp" });
  let broken = 0;
  for (let i = 0; i < 20 && !broken; i++) {
    await inj(admin, "POST", "permissions", { name: "site:tmp" });
    const [a, b] = await Promise.all([inj(admin, "POST", "rules", { rule: "web:show must have site:tmp" }), inj(admin, "DELETE", "permissions/site:tmp")]);
    if (a.statusCode === 200 && b.statusCode === 200) broken++;
    else { if (a.statusCode === 200) await inj(admin, "DELETE", `rules/${a.json().id}`); }
  }
  P("c4b rule added for removed permission:", broken);
  const m = await api.addUser("mallory");
  if (broken) P((await inj(m, "POST", "rules/explain", { text: "web:show" })).body.slice(0, 400));
  await inj(admin, "POST", "groups", { name: "secret-x" });
  await inj(admin, "POST", "rules", { rule: 'web:deploy with group in [secret-x] and user != "ceo" forbid because "x"' });
  P("c4c", (await inj(m, "POST", "rules/explain", { text: "web:deploy" })).json().rules);
  P("c4d chat", (await inj(m, "POST", "invocations", { text: "help web:deploy" })).body.slice(0, 400));
  // undefined text longer
  P("c4e body weird", (await inj(m, "POST", "rules/explain", { text: "web:deploy", relay: "r" })).statusCode);
});
test("c5 future role", { timeout: 60000 }, async () => {
  const bot = await startTestBot();
  const ws = bot.workspaceId; const url = bot.database.url;
  const q = (t: string, v: unknown[] = []) => app(url, ws, t, v);
  P("fns", await q("select proname, prosecdef from pg_proc p join pg_namespace n on n.oid=pronamespace where nspname='public' and prosecdef"));
  P("queued_at forever etc ok"); 
  P("invocations orphan insert", await q("insert into invocations (workspace_id,id,adapter,installation,channel,message_id,provider_user,decision,outcome,ended_at) values ($1,gen_random_uuid(),'api','','api','squat','x','deny','denied',now())", [ws]));
  await bot.close();
});
