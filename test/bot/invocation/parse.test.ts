import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { parseWords } from "../../../bot/invocation/parse.ts";
import type { Grammar, ParsedWords } from "../../../bot/invocation/parsed-words.ts";
import { tokenize } from "../../../bot/invocation/tokenize.ts";

const loaded = loadBundle(
  `aldis_bundle_version: 1
name: web
version: 1.0.0
image: web:1
commands:
  deploy:
    executable: [deploy]
    options:
      version: { type: string, short: v }
      force: { type: bool, short: f }
      yes: { type: bool, short: y }
      count: { type: int, short: "5" }
      ratio: { type: float }
      tags: { type: list, short: t }
      env: { type: enum, choices: [staging, prod], default: staging }
      ttl: { type: duration }
      owner: { type: user }
      room: { type: channel }
      token: { type: string, secret: true, short: k }
  choosy:
    executable: [choosy]
    options: { force: { type: bool } }
    arguments: [{ name: environment, choices: [staging, prod] }]
  strict:
    executable: [strict]
    options: { id: { required: true, short: i } }
    arguments: [{ name: target, required: true }]
  plain: { executable: [plain], options: {} }
  loose: { executable: [loose], arguments: [{ name: target, required: true, choices: [a, b] }] }
`,
  "web.yaml",
);
assert.ok(loaded.ok);
const { commands } = loaded.bundle;

function parse(name: string, text: string): ReturnType<typeof parseWords> {
  const grammar: Grammar | undefined = commands[name];
  const tokens = tokenize(text);
  assert.ok(grammar && tokens.ok);
  return parseWords(grammar, tokens.words, text.length);
}

/** Options as `name=value`, unknown ones as `name?`; then arguments, unknown ones as `?`. */
function show({ options, arguments: words }: ParsedWords): string {
  const given = Object.entries(options).map(([name, values]) => {
    return values ? `${name}=${values.join("+")}` : `${name}?`;
  });
  return [...given, "|", ...(words ?? ["…"]).map((word) => word ?? "?")].join(" ");
}

const DEFAULTS = ["force=false", "yes=false", "env=staging"];

describe("declared options may stand anywhere", () => {
  test.each([
    ["", [], "|"],
    ["prod", [], "| prod"],
    ["prod x y", [], "| prod x y"],
    ["--version 1.10 prod", ["version=1.10"], "| prod"],
    ["prod --version 1.10", ["version=1.10"], "| prod"],
    ["--version=1.10", ["version=1.10"], "|"],
    ["—version 007", ["version=007"], "|"],
    ["-v 1.10", ["version=1.10"], "|"],
    ["–v 1.10", ["version=1.10"], "|"],
    ["--version=", ["version="], "|"],
    ["--version ''", ["version="], "|"],
    ["--version=--force", ["version=--force"], "|"],
    ["--version=a=b", ["version=a=b"], "|"],
    ["--version -", ["version=-"], "|"],
    ["--version -7", ["version=-7"], "|"],
    ["--force", ["force=true"], "|"],
    ["--force prod", ["force=true"], "| prod"],
    ["--force false", ["force=true"], "| false"],
    ["--force=false", ["force=false"], "|"],
    ["--force=true", ["force=true"], "|"],
    ["'--force'", ["force=true"], "|"],
    ["-f", ["force=true"], "|"],
    ["-fy", ["force=true", "yes=true"], "|"],
    ["-yf prod", ["force=true", "yes=true"], "| prod"],
    ["--count 12", ["count=12"], "|"],
    ["--count -12", ["count=-12"], "|"],
    ["-5 12", ["count=12"], "|"],
    ["-7", [], "| -7"],
    ["-7.5 -0.1 -.5", [], "| -7.5 -0.1 -.5"],
    ["--ratio 1.5", ["ratio=1.5"], "|"],
    ["--tags a", ["tags=a"], "|"],
    ["--tags a,b --tags c -t d", ["tags=a+b+c+d"], "|"],
    ["--tags=a,,b", ["tags=a++b"], "|"],
    ["--env prod", ["env=prod"], "|"],
    ["--ttl 5m", ["ttl=5m"], "|"],
    ["--owner alice", ["owner=alice"], "|"],
    ["--room #ops", ["room=#ops"], "|"],
    ["-- --force -v", [], "| --force -v"],
    ["prod -- --", [], "| prod --"],
    ["--force -- --force", ["force=true"], "| --force"],
    ["—", [], "|"],
    ["-", [], "| -"],
  ])("%j", (text, given, words) => {
    const result = parse("deploy", text);

    assert.ok(result.ok, result.ok ? "" : result.problem.message);
    const names = given.map((each) => each.split("=")[0]);
    const defaults = DEFAULTS.filter((each) => !names.includes(each.split("=")[0]));
    const expected = [...defaults, ...given];
    const [options = "", rest] = show(result.parsed).split(/(?=\|)/);
    assert.deepEqual(options.trim().split(" ").toSorted(), expected.toSorted());
    assert.equal(rest, words);
  });
});

describe("what the options do not allow is refused, with the reason and the place", () => {
  test.each([
    ["--versoin 1", "unknown-option", 0, "there is no option --versoin; did you mean --version?"],
    ["prod --nothing", "unknown-option", 5, "there is no option --nothing"],
    ["-x", "unknown-option", 0, "there is no option -x"],
    ["-fx", "unknown-option", 0, "there is no option -x"],
    ["-force", "unknown-option", 0, "there is no option -o; did you mean --force?"],
    ["--Force", "unknown-option", 0, "there is no option --Force; did you mean --force?"],
    ["--constructor", "unknown-option", 0, "there is no option --constructor"],
    ["--=x", "unknown-option", 0, "there is no option --"],
    ["---", "unknown-option", 0, "there is no option ---"],
    ["-=x", "unknown-option", 0, "there is no option -=x"],
    ["--force --force", "repeated-option", 8, "--force is given twice"],
    ["-v 1 --version 1", "repeated-option", 15, "--version is given twice"],
    ["-ff", "repeated-option", 0, "-f is given twice"],
    ["--version", "missing-value", 0, "--version needs a value"],
    ["-v", "missing-value", 0, "-v needs a value"],
    [
      "--version --force",
      "missing-value",
      0,
      "--version needs a value; if --force is meant, write --version=--force",
    ],
    [
      "--version -- x",
      "missing-value",
      0,
      "--version needs a value; if -- is meant, write --version=--",
    ],
    ["-fv 1", "missing-value", 0, "-v takes a value, so it cannot stand among other letters"],
    ["-v=1", "unexpected-value", 0, "write --version=value; -v takes its value from the next word"],
    [
      "-f=true",
      "unexpected-value",
      0,
      "write --force=value; -f takes its value from the next word",
    ],
    ["--count x", "bad-value", 8, "--count is a whole number"],
    ["--count 1.5", "bad-value", 8, "--count is a whole number"],
    ["--count 007", "bad-value", 8, "--count is a whole number"],
    ["--ratio 1e3", "bad-value", 8, "--ratio is a number like 1.5"],
    ["--force=yes", "bad-value", 0, "--force is true or false"],
    ["--env prd", "bad-value", 6, "--env is one of staging, prod; did you mean prod?"],
    ["--ttl soon", "bad-value", 6, "--ttl is a duration like 10s or 5m"],
    ["--owner 'a b'", "bad-value", 8, "--owner is the name of a user"],
  ])("%j: %s", (text, code, position, message) => {
    assert.deepEqual(parse("deploy", text), { ok: false, problem: { code, message, position } });
  });

  test.each([
    ["choosy", "tset", "bad-argument", 0, "environment is one of staging, prod"],
    [
      "choosy",
      "--force pord",
      "bad-argument",
      8,
      "environment is one of staging, prod; did you mean prod?",
    ],
    ["strict", "", "missing-option", 0, "--id is missing"],
    ["strict", "x", "missing-option", 1, "--id is missing"],
    ["strict", "-i 1", "missing-argument", 4, "target is missing"],
    ["plain", "--x", "unknown-option", 0, "there is no option --x"],
    ["loose", "", "missing-argument", 0, "target is missing"],
    ["loose", "c", "bad-argument", 0, "target is one of a, b"],
  ])("%s %j: %s", (name, text, code, position, message) => {
    assert.deepEqual(parse(name, text), { ok: false, problem: { code, message, position } });
  });
});

describe("the program gets the words as they were typed", () => {
  test.each([
    ["prod -v 1.10 --force", ["prod", "-v", "1.10", "--force"]],
    ["—force 'prod' -- x", ["--force", "prod", "--", "x"]],
    ["--tags 'a, b'", ["--tags", "a, b"]],
  ])("%j", (text, argv) => {
    const result = parse("deploy", text);

    assert.ok(result.ok);
    assert.deepEqual(result.parsed.argv, argv);
  });
});

describe("secrets are found in the words", () => {
  test.each([
    ["prod", []],
    ["--token abc", [{ option: "token", index: 1, from: 0 }]],
    ["prod -k abc", [{ option: "token", index: 2, from: 0 }]],
    ["prod --token='a b'", [{ option: "token", index: 1, from: 8 }]],
  ])("%j", (text, secrets) => {
    const result = parse("deploy", text);

    assert.ok(result.ok);
    assert.deepEqual(result.parsed.secrets, secrets);
  });
});

describe("without declared options, what may be read in several ways is unknown", () => {
  const loose: Grammar = { declaresOptions: false, options: {}, arguments: [] };
  test.each([
    ["", "|"],
    ["a b", "| a b"],
    ["--x=1 a", "x=1 | a"],
    ["a --x=1 b", "x=1 | a b"],
    ["--x=", "x= |"],
    ["a --x", "x=true | a"],
    ["a -x", "x=true | a"],
    ["--x a", "x? | ?"],
    ["-x a", "x? | ?"],
    ["a --x b", "x? | a ?"],
    ["a --x b c", "x? | a ? ?"],
    ["a --x b b", "x? | a b ?"],
    ["a --x b b b", "x? | a b b ?"],
    ["--x --y", "x? y? |"],
    ["--x --y=1", "x? y? |"],
    ["--y=1 --x a", "y=1 x? | ?"],
    ["--y=1 --x --y=1", "y? x? |"],
    ["--x a --y=1", "x? y=1 | ?"],
    ["--y=1 --y=1", "y=1 |"],
    ["--y=1 --y=2", "y? |"],
    ["--y=true --y", "y? |".replace("y?", "y=true")],
    ["-abc", "a? b? c? abc? |"],
    ["-abc x", "a? b? c? abc? | ?"],
    ["-a=1", "a? |"],
    ["-5 -1.5", "| -5 -1.5"],
    ["--x -5", "x? | ?"],
    ["a -- --x b", "| a --x b"],
    ["--x -- a", "x? | a"],
    ["--x -- a b", "x? | a b"],
    ["--x -- --y", "x? y? | ?"],
    ["--x=1 -- a", "x=1 | a"],
    ["- a", "| - a"],
    ["'--x' a", "x? | ?"],
  ])("%j: %s", (text, expected) => {
    const tokens = tokenize(text);
    assert.ok(tokens.ok);

    const result = parseWords(loose, tokens.words, text.length);

    assert.ok(result.ok);
    assert.equal(show(result.parsed), expected);
  });

  test("more words than can be followed are all unknown", () => {
    const tokens = tokenize(`--x ${"a ".repeat(1000)}`);
    assert.ok(tokens.ok);

    const result = parseWords(loose, tokens.words, 0);

    assert.ok(result.ok);
    assert.equal(result.parsed.arguments, null);
  });
});
