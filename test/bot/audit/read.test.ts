import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { readAuditPage, readLinked } from "../../../bot/audit/read.ts";
import { endInvocation, recordInvocation } from "../../../bot/audit/record.ts";
import { users } from "../../../bot/store/schema.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { startTestAudit, type TestAudit } from "./audit-fixture.ts";

async function addUser({ store, workspaceId }: TestAudit, name: string): Promise<string> {
  const id = uuidv7();
  const email = `${name}@example.com`;
  await store.inWorkspace(workspaceId, (db) =>
    db.insert(users).values({ workspaceId, id, name, email }),
  );
  return id;
}

async function invoke(
  { store, workspaceId }: TestAudit,
  userId: string,
  text: string,
  outcome?: string,
): Promise<string> {
  const id = uuidv7();
  const [, bundle, command] = /^!(\w+):(\w+)/.exec(text) ?? [];
  await recordInvocation(store, {
    workspaceId,
    invocation: {
      id,
      adapter: "slack",
      installation: "T1",
      channel: "C1",
      messageId: id,
      textMac: "",
      providerUser: "U1",
      userId,
      bundle,
      bundleVersion: "1.0.0",
      command,
      decision: outcome ? "deny" : "allow",
      outcome,
    },
    detail: { text },
  });
  return id;
}

const ALL = { limit: 50 };

describe("the audit", () => {
  test("shows an invocation as one line with all that is asked of one", async () => {
    const audit = await startTestAudit();
    const { store, workspaceId } = audit;
    const ada = await addUser(audit, "ada");
    const invocation = await invoke(audit, ada, '!web:deploy "prod"');
    await endInvocation(store, workspaceId, invocation, "succeeded");

    const { lines, next } = await readAuditPage(store, workspaceId, {}, ALL);

    const [line] = lines;
    assert.deepEqual([lines.length, next], [1, null]);
    assert.ok(line);
    const { kind, adapter, channel, user, email, text, command, version, outcome } = line;
    assert.deepEqual(
      { kind, adapter, channel, user, email, text, command, version, outcome },
      {
        kind: "invocation.requested",
        adapter: "slack",
        channel: "C1",
        user: "ada",
        email: "ada@example.com",
        text: '!web:deploy "prod"',
        command: "web:deploy",
        version: "1.0.0",
        outcome: "succeeded",
      },
    );
    assert.equal(line.invocation, invocation);
    assert.ok(line.durationMs !== null && line.durationMs >= 0);
  });

  test("gives page after page, each event once, newest first", async () => {
    const audit = await startTestAudit();
    await audit.append(7);

    const kinds: string[] = [];
    let before: string | undefined;
    do {
      const page = await readAuditPage(audit.store, audit.workspaceId, {}, { before, limit: 3 });
      kinds.push(...page.lines.map(({ kind }) => kind));
      before = page.next ?? undefined;
    } while (before);

    assert.deepEqual(
      kinds.sort(),
      [1, 2, 3, 4, 5, 6, 7].map((number) => `test.${number}`),
    );
  });

  test("shows each event of a kind that is asked for", async () => {
    const audit = await startTestAudit();
    const { store, workspaceId } = audit;
    const invocation = await invoke(audit, await addUser(audit, "ada"), "!web:show");
    await endInvocation(store, workspaceId, invocation, "failed");

    const ended = { kind: "invocation.ended" };
    const { lines } = await readAuditPage(store, workspaceId, ended, ALL);

    assert.deepEqual(
      lines.map(({ kind, outcome }) => [kind, outcome]),
      [["invocation.ended", "failed"]],
    );
  });
});

describe("a filter", () => {
  const cases: [string, Record<string, string>, string[]][] = [
    ["by user", { user: "ada" }, ["!web:deploy prod", "!web:show"]],
    ["by email", { user: "bob@example.com" }, ["!db:dump"]],
    ["by somebody who is not there", { user: "nobody" }, []],
    ["by bundle", { command: "web" }, ["!web:deploy prod", "!web:show"]],
    ["by command", { command: "web:show" }, ["!web:show"]],
    ["by outcome", { outcome: "denied" }, ["!db:dump"]],
    ["by part of the text", { text: "PROD" }, ["!web:deploy prod"]],
    ["by a wildcard, which is none", { text: "%" }, []],
    ["by channel", { channel: "C1", adapter: "slack", user: "bob" }, ["!db:dump"]],
    ["by another channel", { channel: "C2" }, []],
    ["by a relay that is not there", { relay: "edge-1" }, []],
  ];

  test.each(cases)("%s", async (_, filter, expected) => {
    const audit = await startTestAudit();
    const [ada, bob] = [await addUser(audit, "ada"), await addUser(audit, "bob")];
    await invoke(audit, ada, "!web:deploy prod");
    await invoke(audit, ada, "!web:show");
    await invoke(audit, bob, "!db:dump", "denied");

    await audit.link();
    const { lines } = await readAuditPage(audit.store, audit.workspaceId, filter, ALL);
    const requested = { ...filter, kind: "invocation.requested" };
    const linked = await readLinked(audit.store, audit.workspaceId, requested, 0);

    assert.deepEqual(lines.map(({ text }) => text).sort(), expected);
    // An event as it is linked knows nothing yet of how it ended.
    if ("outcome" in filter) return;
    assert.deepEqual(linked.lines.map(({ text }) => text).sort(), expected);
  });

  test("by time leaves out what was before and after", async () => {
    const audit = await startTestAudit();
    const { store, workspaceId } = audit;
    await audit.append(1);
    const [first] = (await readAuditPage(store, workspaceId, {}, ALL)).lines;
    const at = Date.parse(first?.at ?? "");
    const around = { since: new Date(at - 1000), until: new Date(at + 1000) };

    const found = await readAuditPage(store, workspaceId, around, ALL);
    const later = await readAuditPage(store, workspaceId, { since: around.until }, ALL);
    const earlier = await readAuditPage(store, workspaceId, { until: around.since }, ALL);

    assert.deepEqual(
      [found, later, earlier].map(({ lines }) => lines.length),
      [1, 0, 0],
    );
  });
});
