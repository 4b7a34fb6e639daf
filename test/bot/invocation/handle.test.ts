import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { DEMO, startTestBot, type TestBot } from "../../support/bot.ts";
import type { ScriptedRelay } from "../../support/scripted-relay.ts";

let bot: TestBot;
let owner: pg.Client;
let relay: ScriptedRelay;

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
permissions: [deploy]
commands:
  deploy:
    description: Deploys.
    executable: [/bin/echo, deploying]
    native: true
    options:
      token: { type: string, secret: true, short: p }
    arguments: [{ name: environment, required: true, choices: [staging, prod] }]
    rules:
      - with arg[0] == "prod" must have web:deploy
      - with arg[0] == "staging" allow
  echo:
    description: Another echo.
    executable: [/bin/echo]
    native: true
    rules: [allow]
`;

beforeAll(async () => {
  bot = await startTestBot();
  await bot.install(DEMO);
  await bot.install(WEB);
  owner = new pg.Client(bot.database.ownerUrl);
  await owner.connect();
  relay = await bot.relay("first");
  relay.runEverything();
});

afterAll(async () => {
  relay.stop();
  await owner.end();
  await bot.close();
});

async function recordOf(invocationId: string | undefined) {
  const { rows } = await owner.query<{ decision: string; outcome: string; detail: string }>(
    `select i.decision, i.outcome, d.detail from invocations i
     join audit_events e on e.invocation_id = i.id and e.kind = 'invocation.requested'
     join audit_details d on d.event_id = e.id where i.id = $1`,
    [invocationId],
  );
  return rows[0];
}

async function detailsWith(secret: string): Promise<unknown[]> {
  const { rows } = await owner.query("select detail from audit_details where detail like $1", [
    `%${secret}%`,
  ]);
  return rows;
}

async function saidTo(text: string, change = {}) {
  const talk = bot.say(text, change);
  await talk.done;
  return talk;
}

describe("what is typed", () => {
  const refused: readonly (readonly [said: string, decision: string, answer: RegExp])[] = [
    ["!nosuch", "unknown", /no command nosuch/],
    ["!demo:ecko", "unknown", /did you mean !demo:echo\?/],
    ["!echo hi", "ambiguous", /say !demo:echo, !web:echo/],
    ["!web:deploy", "malformed", /environment is missing/],
    ["!web:deploy moon", "malformed", /environment/],
    ["!web:deploy prod", "deny", /needs web:deploy/],
    ['!demo:echo "open', "malformed", /quote/],
    ["!sleep 7200", "deny", /an hour is enough/],
    ["123", "malformed", /not the name of a command/],
  ];

  test.each(refused)("%s is recorded as %s and explained", async (said, decision, answer) => {
    const talk = await saidTo(said);

    assert.match(talk.text(), answer);
    const record = await recordOf(talk.invocationId);
    assert.equal(record?.decision, decision);
    assert.notEqual(record?.outcome, null);
    assert.equal(JSON.parse(record?.detail ?? "{}").text, said);
    assert.equal(talk.executionId, undefined);
  });

  test("runs where a rule allows it", async () => {
    const talk = await saidTo("!web:deploy staging");

    assert.equal(talk.output, "deploying staging\n");
    assert.equal((await recordOf(talk.invocationId))?.outcome, "succeeded");
  });

  test("with a secret option is not run, and the secret is not recorded", async () => {
    const talk = await saidTo("!web:deploy staging --token hunter2-hunter2");

    assert.match(talk.text(), /--token is secret/);
    assert.deepEqual(await detailsWith("hunter2"), []);
  });

  test.each([
    "!web:deploy staging --token= hunter3-hunter3",
    "!web:deploy staging -phunter3-hunter3",
    "!web:deploy staging --token -- hunter3-hunter3",
    "!web:deploy staging --tok hunter3-hunter3",
    "!web:deploy --token -hunter3-hunter3",
    "!web.deploy --token hunter3-hunter3",
    '!web:deploy "staging --token hunter3-hunter3',
  ])("mistyped around a secret stays out of record and answer: %s", async (said) => {
    const talk = await saidTo(said);

    assert.notEqual(talk.invocationId, undefined);
    assert.doesNotMatch(talk.text(), /hunter3/);
    assert.deepEqual(await detailsWith("hunter3"), []);
  });

  test("by somebody nobody knows is denied", async () => {
    const caller = { adapter: "console", installation: "local", providerUser: "stranger" };
    const talk = await saidTo("!demo:echo hi", { caller });

    assert.match(talk.text(), /this account belongs to no active user/);
    assert.equal((await recordOf(talk.invocationId))?.decision, "deny");
  });

  test("too long ago is not run", async () => {
    const talk = await saidTo("!demo:echo hi", { saidAt: new Date(Date.now() - 61_000) });

    assert.match(talk.text(), /late/);
    assert.equal((await recordOf(talk.invocationId))?.decision, "late");
  });

  test("once runs once, however often the event arrives", async () => {
    const messageId = uuidv7();
    const talks = await Promise.all([1, 2, 3].map(() => saidTo("!demo:echo one", { messageId })));

    assert.equal(talks.filter(({ executionId }) => executionId !== undefined).length, 1);
  });

  test("in passing, with somebody else's prefix, is not ours", async () => {
    const talk = await saidTo("!weather tomorrow", { isDirect: false });

    assert.equal(talk.invocationId, undefined);
    assert.deepEqual(talk.answers, []);
  });
});

describe("who may do what", () => {
  test("counts from the next invocation on", async () => {
    const permission = "web:deploy";
    await owner.query(
      `insert into role_permissions (workspace_id, role_id, permission)
       select workspace_id, id, $1 from roles`,
      [permission],
    );
    const allowed = await saidTo("!web:deploy prod");
    await owner.query("delete from role_permissions where permission = $1", [permission]);
    const denied = await saidTo("!web:deploy prod");

    assert.equal(allowed.output, "deploying prod\n");
    assert.match(denied.text(), /needs web:deploy/);
  });

  test("a suspended user is nobody", async () => {
    await owner.query("update users set state = 'suspended'");
    const talk = await saidTo("!whoami");
    await owner.query("update users set state = 'active'");

    assert.match(talk.text(), /this account belongs to no active user/);
    assert.match((await saidTo("!whoami")).text(), /admin/);
  });
});

describe("the bot's own commands", () => {
  const answers: readonly (readonly [said: string, answer: RegExp])[] = [
    ["!help", /!demo:date +Prints the relay's date/],
    ["!help demo:fail", /!demo:fail \[CODE\]/],
    ["!whoami", /roles: +Workspace Admin/],
    ["!bundle list", /demo +1\.0\.0 +enabled/],
    ["!relay list", /first +reachable/],
    ["!ps", /nothing runs/],
    ["!ps --all", /web:deploy +succeeded/],
    ["!cancel 123456", /no execution/],
  ];

  test.each(answers)("%s", async (said, answer) => {
    const talk = await saidTo(said);

    assert.match(talk.text(), answer);
    assert.match((await recordOf(talk.invocationId))?.outcome ?? "", /succeeded|failed/);
  });
});
