import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { type CliResult, runCli } from "./run-cli.ts";

const DEMO = ["--bundle", join(packageRoot(), "bundles/demo.yaml")] as const;

function testRules(...args: readonly string[]): Promise<CliResult> {
  return runCli(["rules", "test", ...args]);
}

async function jsonOf(...args: readonly string[]): Promise<[code: number | null, json: unknown]> {
  const { code, stdout, stderr } = await testRules(...args, "--json");
  assert.equal(stderr, "");
  assert.match(String(stdout), /^[^\n]+\n$/);
  return [code, JSON.parse(String(stdout))];
}

test("the rules given stand in for the bundle's, and the decision says why", async () => {
  const rules = [
    'with arg[0] == "5" must have site:relays-read or site:relays-manage',
    "demo:echo allow",
    'with user == "bob" forbid because "not bob"',
  ];

  const [code, json] = await jsonOf(...rules, "--command", "!sleep 5", ...DEMO);

  const [first, second, third] = [
    'demo:sleep with arg[0] == "5" must have site:relays-read or site:relays-manage',
    "demo:echo allow",
    'demo:sleep with user == "bob" forbid because "not bob"',
  ];
  assert.equal(code, 1);
  assert.deepEqual(json, {
    decision: "deny",
    reason: "missing-permission",
    message: "needs site:relays-read or site:relays-manage",
    missing: ["site:relays-read", "site:relays-manage"],
    matched: [{ rule: first, outcome: "true" }],
    rules: [
      { rule: first, outcome: "true" },
      { rule: second, outcome: "other-command" },
      { rule: third, outcome: "false" },
    ],
    openTags: [],
    warnings: [],
    command: { bundle: "demo", command: "sleep", options: {}, arguments: ["5"], argv: ["5"] },
  });
});

test("each flag is a fact that the rules see", async () => {
  const rule =
    'with user == "ann" and group == "ops" and role == "lead" and channel == "C1" and ' +
    'adapter == "slack" and hour == 16 and weekday == "wednesday" and relay.tag[k] == "a=b" ' +
    "must have all in [web:deploy, db:drop]";
  const flags = [
    ["--user", "ann", "--group", "dev", "--group", "ops", "--role", "lead", "--channel", "C1"],
    ["--adapter", "slack", "--at", "2026-05-06T14:30:00Z", "--time-zone", "Europe/Zurich"],
    ["--relay-tag", "k=a=b", "--grant", "web:deploy", "--grant", "db:drop"],
  ].flat();

  const all = await testRules(rule, "--command", "web:deploy", ...flags);
  const none = await testRules(rule, "--command", "web:deploy");

  assert.equal(all.code, 0);
  assert.equal(none.code, 1);
});

test("without flags the caller is nobody, in the console, in no channel", async () => {
  const rule = 'with user == "nobody" and adapter == "console" allow';

  const [code] = await jsonOf(rule, "--command", "web:deploy");
  const [inChannel, json] = await jsonOf("with channel != 'C1' allow", "--command", "web:deploy");

  assert.equal(code, 0);
  assert.equal(inChannel, 1);
  assert.ok(JSON.stringify(json).includes('"undecided"'));
});

test("a decision that hangs on the relay says what to add, and comes out when it is added", async () => {
  const args = ['with relay.tag[region] == "eu" allow', "--command", "web:deploy"];

  const [, json] = await jsonOf(...args);
  const open = await testRules(...args);
  const [chosen] = await jsonOf(...args, "--relay-tag", "region=eu");
  const [elsewhere, denied] = await jsonOf(...args, "--relay-tag", "zone=eu");

  assert.ok(JSON.stringify(json).includes('"openTags":["region"]'));
  assert.equal(open.code, 1);
  assert.match(String(open.stdout), /hangs on the relay: add --relay-tag region=…\n$/);
  assert.equal(chosen, 0);
  assert.equal(elsewhere, 1);
  assert.ok(JSON.stringify(denied).includes('"openTags":[]'));
});

test("a line or a rule that is not valid is an error, not a denial", async () => {
  const [badText, text] = await jsonOf("allow", "--command", "!slep 5", ...DEMO);
  const [badRule, rule] = await jsonOf("allow", "forbit", "--command", "!sleep 5", ...DEMO);

  assert.equal(badText, 1);
  assert.deepEqual(text, {
    decision: "error",
    error: {
      code: "unknown-command",
      message: "there is no command slep; did you mean sleep?",
      position: 1,
    },
  });
  assert.equal(badRule, 1);
  const error = { code: "bad-rule", message: "", line: 1, column: 1, rule: "forbit" };
  const withoutMessages = JSON.parse(
    JSON.stringify(rule, (key, value: unknown) => (key === "message" ? "" : value)),
  );
  assert.deepEqual(withoutMessages, { decision: "error", error, errors: [error] });
});

test("people see every rule with how it came out, and the decision last", async () => {
  const rules = ['with arg[0] > 3 forbid because "too long"', "allow", "demo:echo allow"];

  const denied = await testRules(...rules, "--command", "!sleep 5", ...DEMO);
  const allowed = await testRules("must have db:x", "--grant", "db:x", "--command", "a:b");
  const wrong = await testRules("with arg[0]\n= 1 allow", "--command", "a:b");

  assert.equal(denied.code, 1);
  assert.match(String(denied.stdout), /^✓ true +demo:sleep with arg\[0\] > 3 forbid/m);
  assert.match(String(denied.stdout), /^– other command +demo:echo allow$/m);
  assert.match(String(denied.stdout), /\ndenied, too long\n$/);
  assert.equal(allowed.code, 0);
  assert.match(String(allowed.stdout), /\nallowed\n$/);
  assert.match(allowed.stderr, /^aldis: 1:11 of must have db:x: no bundle given declares/);
  assert.equal(wrong.code, 1);
  assert.equal(wrong.stderr, "  = 1 allow\n  ^\naldis: 2:1: = has no meaning here\n");
});

test("a flag that makes no sense is told in one line, with 64", async () => {
  const { code, stdout, stderr } = await testRules("allow", "--command", "a:b", "--at", "noon");

  assert.equal(code, 64);
  assert.equal(String(stdout), "");
  assert.match(stderr, /^aldis: --at: noon is no time in UTC; write one like [^\n]*\n$/);
});

test("without a rule the bundle's own decide, and without a bundle there is none to decide", async () => {
  const [code, json] = await jsonOf("--command", "!sleep 5", ...DEMO);
  const alone = await testRules("--command", "!demo:sleep 5");

  assert.equal(code, 0);
  assert.match(JSON.stringify(json), /"decision":"allow".*"rule":"demo:sleep/);
  assert.equal(alone.code, 64);
  assert.match(alone.stderr, /^aldis: give a rule, or the bundle that has them: --bundle FILE\n$/);
});
