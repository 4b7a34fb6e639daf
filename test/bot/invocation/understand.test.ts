import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { type Understood, understand } from "../../../bot/invocation/understand.ts";
import { printAnswer } from "../../../bot/replies/plain-text.ts";
import { messageOf, viewOf } from "./small-view.ts";

const WEB = `aldis_bundle_version: 1
name: web
version: 1.0.0
image: web:1
permissions: [deploy]
commands:
  deploy:
    executable: [deploy]
    options: { token: { secret: true, short: k }, force: { type: bool } }
    rules: [allow]
  status: { executable: [status], rules: [allow] }
  wipe: { executable: [wipe], options: {}, rules: [must have web:deploy] }
  usual:
    executable: [usual]
    options: { zone: { default: eu }, force: { type: bool } }
    rules:
      - with option["zone"] == "eu" and option["force"] == false allow
      - with option["force"] == true forbid because "not by force"
  moved:
    executable: [moved]
    options: {}
    rules:
      - with relay.tag["region"] == "eu" allow
`;
const SITE = `aldis_bundle_version: 1
name: pages
version: 1.0.0
image: pages:1
commands:
  status: { executable: [status], rules: [forbid] }
  wipe: { executable: [wipe], options: {}, rules: [allow] }
`;
const NOW = new Date("2026-05-04T14:30:00Z");
const DIRECT = { isDirect: true };

function understood(text: string, change = {}, caller: object | undefined = {}): Understood {
  return understand(viewOf([WEB, SITE], caller), messageOf(text, NOW, change), NOW);
}

/** `web:deploy` for what is allowed; else what the decision was, and the answer. */
function show(result: Understood): string {
  if (result.kind === "ignored") return "ignored";
  if (result.kind === "refused") return `${result.decision}: ${printAnswer(result.answer).trim()}`;
  const { bundle, command } = result.request.target;
  return `${bundle.name}:${command.name}`;
}

type Row = readonly [text: string, expected: string];

function specify(rows: readonly Row[], change = {}, caller: object | undefined = {}): void {
  test.each(rows)("%j: %s", (text, expected) => {
    assert.equal(show(understood(text, change, caller)), expected);
  });
}

describe("L06 a mention without a command is answered with what to try", () => {
  specify([
    ["@aldis", "malformed: try !help"],
    ["@aldis what's up", `malformed: "what's" is not the name of a command; try !help`],
  ]);
});

describe("L07 a line that arrives more than a minute late is not run", () => {
  const late = "late: this arrived more than a minute late and was not run: type it again";
  specify([["!deploy", late]], { saidAt: new Date(NOW.getTime() - 60_001) });
  specify([["!deploy", "web:deploy"]], { saidAt: new Date(NOW.getTime() - 60_000) });
});

describe("L08 an account that belongs to no user gets nothing run", () => {
  const stranger = (text: string, change = {}) =>
    show(understand(viewOf([WEB], undefined), messageOf(text, NOW, change), NOW));
  const told =
    "deny: this account belongs to no active user: ask an administrator to add it to one";
  test.each([
    ["!deploy", {}, "ignored"],
    ["!web:deploy", {}, told],
    ["@aldis deploy", {}, told],
    ["deploy", DIRECT, told],
  ])("%j %j: %s", (text, change, expected) => assert.equal(stranger(text, change), expected));
});

describe("L10 a short name is enough where exactly one bundle has it, whoever asks", () => {
  specify([
    ["!deploy", "web:deploy"],
    ["!web:deploy", "web:deploy"],
    ["!pages:wipe", "pages:wipe"],
  ]);
  specify([["!status", "ambiguous: several bundles have status: say !web:status"]]);
});

describe("L11 where several have it, the answer names those that the caller may see", () => {
  specify([["!wipe", "ambiguous: several bundles have wipe: say !pages:wipe"]]);
  specify(
    [["!wipe", "ambiguous: several bundles have wipe: say !pages:wipe, !web:wipe"]],
    {},
    { permissions: new Set(["web:deploy"]) },
  );
});

describe("L12 an unknown name is answered to the caller, or left alone", () => {
  const unknown = "unknown: there is no command ls; !help lists what you may run";
  specify([
    ["!ls", "ignored"],
    ["@aldis ls", unknown],
    ["!web:ls", "unknown: there is no command web:ls; !help lists what you may run"],
  ]);
  specify([["!ls", unknown]], DIRECT);

  test("only to the caller", () => {
    const result = understood("!web:ls");

    assert.ok(result.kind === "refused" && result.answer.isPrivate);
  });
});

describe("L13 the nearest name that the caller may see is suggested", () => {
  specify([
    ["!web:deplyo", "unknown: there is no command web:deplyo; did you mean !web:deploy?"],
    ["@aldis deplyo", "unknown: there is no command deplyo; did you mean !deploy?"],
    ["!web:wip", "unknown: there is no command web:wip; !help lists what you may run"],
  ]);
  specify(
    [["!web:wip", "unknown: there is no command web:wip; did you mean !web:wipe?"]],
    {},
    { permissions: new Set(["web:deploy"]) },
  );
});

describe("L63 a secret is replaced in what is recorded", () => {
  test.each([
    ["!deploy --token hunter2", "!deploy •••"],
    ["!deploy x --token=hunter2 --force", "!deploy x •••"],
    ["!deploy --tokne hunter2", "!deploy •••"],
    ["!web:delpoy -k hunter2", "!web:delpoy •••"],
    ["@aldis ??? --token hunter2", "@aldis ??? •••"],
    ["!deploy --token 'hunter2", "!deploy •••"],
    ["!web:wipe --force x", "!web:wipe --force x"],
  ])("%j is recorded as %j", (text, expected) => {
    const result = understood(text);

    assert.ok(result.kind === "refused");
    assert.equal(result.text, expected);
  });
});

describe("L64 B09: a line that gives a secret option is refused", () => {
  specify([
    [
      "!deploy --token x",
      "deny: --token is secret, and secrets cannot be typed yet; nothing was run",
    ],
    ["!deploy -k x", "deny: --token is secret, and secrets cannot be typed yet; nothing was run"],
    ["!deploy --force", "web:deploy"],
  ]);
});

describe("L83 an error says in one line what is wrong and how to see the usage", () => {
  specify([
    [
      "!deploy --froce",
      "malformed: web:deploy: there is no option --froce; did you mean --force?; !help web:deploy shows how it is used",
    ],
    [
      "!deploy 'x",
      "malformed: web:deploy: the quote at character 9 is never closed; !help web:deploy shows how it is used",
    ],
  ]);
});

describe("R58 a rule on the relay's tags leaves the line to be decided for each relay", () => {
  test("it is allowed so far", () => {
    const result = understood("!moved");

    assert.ok(result.kind === "allowed");
    assert.deepEqual(result.request.verdict.isPerRelay, true);
    assert.equal(result.request.verdict.decision.allowed, false);
  });
});

describe("R57 declared defaults come first", () => {
  specify([
    ["!usual", "web:usual"],
    ["!usual --zone us", "deny: web:usual: denied, no rule allows it"],
    ["!usual --force", "deny: web:usual: denied, not by force"],
  ]);
});

describe("P11 it is denied by default", () => {
  specify([
    ["!web:wipe", "deny: web:wipe: denied, needs web:deploy"],
    ["!pages:status", "deny: pages:status: denied, a rule forbids it"],
  ]);
});
