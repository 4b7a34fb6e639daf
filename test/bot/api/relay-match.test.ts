import assert from "node:assert/strict";
import { onTestFinished, test } from "vitest";
import { issueToken } from "../../../bot/access/tokens.ts";
import { Problem } from "../../../bot/api/contracts/problem.ts";
import { Matched } from "../../../bot/api/contracts/relay-match.ts";
import { startTestBot, type TestBot } from "../../support/bot.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
relay: { selector: { tags: { role: web }, preferred: { zone: a } } }
commands:
  show:
    description: Shows.
    executable: [/bin/echo]
    native: true
    options: {}
    rules: ['with relay.tag["env"] == "prod" allow']
    relay: { selector: { absent: [drained] } }
  boxed:
    description: Shows, in a container.
    executable: [/bin/echo]
    options: {}
    rules: [allow]
image: web:1
`;

async function startWithRelays(): Promise<TestBot> {
  const bot = await startTestBot();
  onTestFinished(() => bot.close());
  await bot.relay("web-1", { tags: { role: "web", zone: "b" } });
  await bot.relay("web-2", { tags: { role: "web", zone: "a" } });
  await bot.relay("old-1", { tags: { role: "web", zone: "a", drained: "soon" } });
  await bot.relay("db-1", { tags: { role: "db" } });
  await bot.install(WEB);
  return bot;
}

async function ask(bot: TestBot, query: Record<string, string>) {
  const { rows } = await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db.execute<{ id: string }>("select id from users where name = 'admin'"),
  );
  const token = await issueToken(bot.store, bot.workspaceId, rows[0]?.id ?? "", "test");
  const url = `${bot.apiAddress}/api/v1/relays/match?${new URLSearchParams(query)}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const body: unknown = await answer.json();
  return { status: answer.status, body };
}

async function matched(bot: TestBot, query: Record<string, string>) {
  const { body } = await ask(bot, query);
  const { relays, ...rest } = Matched.parse(body);
  const lines = relays.map(({ name, reasons }) => [name, ...reasons.map(({ text }) => text)]);
  return { ...rest, lines };
}

test("says of each relay whether it matches, and of the others all that keeps them out", async () => {
  const bot = await startWithRelays();

  const found = await matched(bot, { selector: "role=web,!drained,~zone=a" });

  assert.deepEqual(found.lines, [
    ["web-2"],
    ["web-1"],
    ["old-1", "has drained=soon, and !drained is asked for"],
    ["db-1", "has role=db, and role=web is asked for"],
  ]);
  assert.deepEqual([found.preferredOf, found.policy], [1, ""]);
});

test("asks for what a command asks for, its runtime and what is typed besides", async () => {
  const bot = await startWithRelays();

  const show = await matched(bot, { command: "web:show", selector: "zone=b" });
  const boxed = await matched(bot, { command: "web:boxed" });

  assert.equal(show.selector, "role=web,zone=b,!drained,~zone=a");
  assert.deepEqual(show.ruleTags, ["env"]);
  assert.deepEqual(show.lines[0], ["web-1"]);
  assert.deepEqual(boxed.ruleTags, []);
  assert.deepEqual(boxed.lines.find(([name]) => name === "web-1")?.slice(1), [
    "has no container engine",
  ]);
});

test("says in one line what is wrong with the question", async () => {
  const bot = await startWithRelays();

  const answers = [
    await ask(bot, { selector: "role=web drained" }),
    await ask(bot, { command: "web:shwo" }),
    await ask(bot, { command: "aldis:help" }),
  ];

  assert.deepEqual(
    answers.map(({ status, body }) => [status, Problem.parse(body).detail]),
    [
      [422, "the selector is not valid at character 10: a comma is missing here"],
      [404, "no enabled bundle has the command web:shwo; write it as bundle:command"],
      [422, "aldis:help runs in the bot, on no relay"],
    ],
  );
});
