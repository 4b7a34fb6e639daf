import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { parseWords } from "../../../bot/invocation/parse.ts";
import type { Grammar } from "../../../bot/invocation/parsed-words.ts";
import { tokenize } from "../../../bot/invocation/tokenize.ts";
import { showArguments, showOptions, showParsed } from "./show-parsed.ts";

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
      size: { type: string, choices: [small, large] }
      colours: { type: list, choices: [red, blue] }
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
  usual:
    executable: [usual]
    options:
      zone: { default: eu }
      tags: { type: list, default: [a, b] }
      colour: { type: bool, default: true }
      force: { type: bool }
      note: {}
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

type Read = readonly [text: string, given: readonly string[], words: string];

const DEFAULTS = ["force=false", "yes=false", "env=staging"];

/** What is given comes over the defaults of `deploy`. */
function reads(rows: readonly Read[]): void {
  test.each(rows)("%j is %j %s", (text, given, words) => {
    const result = parse("deploy", text);

    assert.ok(result.ok, result.ok ? "" : result.problem.message);
    const names = given.map((each) => each.split("=")[0]);
    const defaults = DEFAULTS.filter((each) => !names.includes(each.split("=")[0]));
    assert.deepEqual(showOptions(result.parsed).toSorted(), [...defaults, ...given].toSorted());
    assert.equal(showArguments(result.parsed), words);
  });
}

type Refusal = readonly [text: string, code: string, position: number, message: string];

function refuses(rows: readonly Refusal[], name = "deploy"): void {
  test.each(rows)("%j: %s", (text, code, position, message) => {
    assert.deepEqual(parse(name, text), { ok: false, problem: { code, message, position } });
  });
}

describe("L40 options may stand anywhere among the arguments", () => {
  reads([
    ["", [], "|"],
    ["prod", [], "| prod"],
    ["prod x y", [], "| prod x y"],
    ["--version 1.10 prod", ["version=1.10"], "| prod"],
    ["prod --version 1.10", ["version=1.10"], "| prod"],
    ["a --version 1 b --force c", ["version=1", "force=true"], "| a b c"],
  ]);
});

describe("L41 an option is written with a space, with = or by its short name", () => {
  reads([
    ["--version 1.10", ["version=1.10"], "|"],
    ["--version=1.10", ["version=1.10"], "|"],
    ["—version 007", ["version=007"], "|"],
    ["-v 1.10", ["version=1.10"], "|"],
    ["–v 1.10", ["version=1.10"], "|"],
    ["--version=", ["version="], "|"],
    ["--version ''", ["version="], "|"],
    ["--version=a=b", ["version=a=b"], "|"],
    ["--version 'a b'", ["version=a b"], "|"],
    ["-5 12", ["count=12"], "|"],
  ]);
  refuses([
    ["--version", "missing-value", 0, "--version needs a value"],
    ["-v", "missing-value", 0, "-v needs a value"],
  ]);
});

describe("L42 flags take no word after them", () => {
  reads([
    ["--force", ["force=true"], "|"],
    ["--force prod", ["force=true"], "| prod"],
    ["--force false", ["force=true"], "| false"],
    ["--force=false", ["force=false"], "|"],
    ["--force=true", ["force=true"], "|"],
    ["-f", ["force=true"], "|"],
    ["-f prod", ["force=true"], "| prod"],
  ]);
});

describe("L43 short flags may be joined", () => {
  reads([
    ["-fy", ["force=true", "yes=true"], "|"],
    ["-yf prod", ["force=true", "yes=true"], "| prod"],
  ]);
  refuses([
    ["-fv 1", "missing-value", 0, "-v takes a value, so it cannot stand among other letters"],
    ["-v=1", "unexpected-value", 0, "write --version=value; -v takes its value from the next word"],
    [
      "-f=true",
      "unexpected-value",
      0,
      "write --force=value; -f takes its value from the next word",
    ],
    ["-ff", "repeated-option", 0, "-f is given twice"],
  ]);
});

describe("L44 a value that starts like an option is written with =", () => {
  reads([
    ["--version=--force", ["version=--force"], "|"],
    ["--version=-v", ["version=-v"], "|"],
    ["--version=--", ["version=--"], "|"],
    ["--version -", ["version=-"], "|"],
    ["--version -7", ["version=-7"], "|"],
    ["--count -12", ["count=-12"], "|"],
  ]);
  refuses([
    [
      "--version --force",
      "missing-value",
      0,
      "--version needs a value; if the next word is meant, write --version=…",
    ],
    [
      "--version -- x",
      "missing-value",
      0,
      "--version needs a value; if the next word is meant, write --version=…",
    ],
    [
      "--token --force",
      "missing-value",
      0,
      "--token needs a value; if the next word is meant, write --token=…",
    ],
  ]);
});

describe("L45 an option given twice is an error", () => {
  refuses([
    ["--force --force", "repeated-option", 8, "--force is given twice"],
    ["--force --force=false", "repeated-option", 8, "--force is given twice"],
    ["-v 1 --version 1", "repeated-option", 15, "--version is given twice"],
  ]);
});

describe("L46 a list may be given again, and splits at commas", () => {
  reads([
    ["--tags a", ["tags=a"], "|"],
    ["--tags a,b --tags c -t d", ["tags=a+b+c+d"], "|"],
    ["--tags=a,,b", ["tags=a++b"], "|"],
    ["--tags 'a, b'", ["tags=a+ b"], "|"],
    ["--version a,b", ["version=a,b"], "|"],
  ]);
});

describe("L47 a word that reads as a number is an argument", () => {
  reads([
    ["-7", [], "| -7"],
    ["-7.5 -0.1 -.5", [], "| -7.5 -0.1 -.5"],
    ["-1e3", [], "| -1e3"],
    ["-", [], "| -"],
    ["-f -7", ["force=true"], "| -7"],
  ]);
  describe("unless its digit is a declared short name", () => {
    reads([["-5 12", ["count=12"], "|"]]);
    refuses([
      ["-5", "missing-value", 0, "-5 needs a value"],
      ["-53", "missing-value", 0, "-5 takes a value, so it cannot stand among other letters"],
    ]);
  });
});

describe("L48 after -- every word is an argument", () => {
  reads([
    ["-- --force -v", [], "| --force -v"],
    ["prod -- --", [], "| prod --"],
    ["--force -- --force", ["force=true"], "| --force"],
    ["—", [], "|"],
    ["'--' -f", [], "| -f"],
  ]);
});

describe("L28 a quoted option is the option", () => {
  reads([
    ["'--force'", ["force=true"], "|"],
    ['"-f" prod', ["force=true"], "| prod"],
    ['"--version" 1', ["version=1"], "|"],
    ['"--version=a b"', ["version=a b"], "|"],
  ]);
});

describe("L49 an unknown option is an error that suggests the nearest", () => {
  refuses([
    ["--versoin 1", "unknown-option", 0, "there is no option --versoin; did you mean --version?"],
    ["prod --nothing", "unknown-option", 5, "there is no such option, at character 6"],
    ["-x", "unknown-option", 0, "there is no option -x"],
    ["-fx", "unknown-option", 0, "there is no such option, at character 1"],
    ["-force", "unknown-option", 0, "there is no option -o; did you mean --force?"],
    ["--Force", "unknown-option", 0, "there is no option --Force; did you mean --force?"],
    ["--constructor", "unknown-option", 0, "there is no such option, at character 1"],
    ["--=x", "unknown-option", 0, "there is no such option, at character 1"],
    ["---", "unknown-option", 0, "there is no such option, at character 1"],
    ["--tokens3cret", "unknown-option", 0, "there is no such option, at character 1"],
    ["-=x", "unknown-option", 0, "there is no such option, at character 1"],
  ]);
  refuses([["--x", "unknown-option", 0, "there is no option --x"]], "plain");
});

describe("L50 a value that its type does not allow is an error at its place", () => {
  refuses([
    ["--count x", "bad-value", 8, "--count is a whole number"],
    ["--force=yes", "bad-value", 0, "--force is true or false"],
    ["--size huge", "bad-value", 7, "--size is one of small, large"],
    ["prod -5 x", "bad-value", 8, "-5 is a whole number"],
  ]);
});

describe("each type takes what belongs to it", () => {
  describe("L51 string", () => {
    reads([
      ["--version 'any text: €'", ["version=any text: €"], "|"],
      ["--size small", ["size=small"], "|"],
    ]);
  });
  describe("L52 int", () => {
    reads([
      ["--count 12", ["count=12"], "|"],
      ["--count=-12", ["count=-12"], "|"],
      ["--count 0", ["count=0"], "|"],
    ]);
    refuses([
      ["--count 1.5", "bad-value", 8, "--count is a whole number"],
      ["--count 007", "bad-value", 8, "--count is a whole number"],
      ["--count=", "bad-value", 0, "--count is a whole number"],
    ]);
  });
  describe("L53 float", () => {
    reads([
      ["--ratio 1.5", ["ratio=1.5"], "|"],
      ["--ratio -2", ["ratio=-2"], "|"],
    ]);
    refuses([
      ["--ratio 1e3", "bad-value", 8, "--ratio is a number like 1.5"],
      ["--ratio .5", "bad-value", 8, "--ratio is a number like 1.5"],
    ]);
  });
  describe("L54 bool", () => {
    reads([["--force=true", ["force=true"], "|"]]);
    refuses([
      ["--force=TRUE", "bad-value", 0, "--force is true or false"],
      ["--force=1", "bad-value", 0, "--force is true or false"],
      ["--force=", "bad-value", 0, "--force is true or false"],
    ]);
  });
  describe("L55 list", () => {
    reads([["--colours red,blue", ["colours=red+blue"], "|"]]);
    refuses([["--colours red,green", "bad-value", 10, "--colours is one of red, blue"]]);
  });
  describe("L56 enum", () => {
    reads([["--env prod", ["env=prod"], "|"]]);
    refuses([
      ["--env prd", "bad-value", 6, "--env is one of staging, prod; did you mean prod?"],
      ["--env Prod", "bad-value", 6, "--env is one of staging, prod; did you mean prod?"],
    ]);
  });
  describe("L57 duration", () => {
    reads([
      ["--ttl 5m", ["ttl=5m"], "|"],
      ["--ttl 1h30m", ["ttl=1h30m"], "|"],
      ["--ttl 250ms", ["ttl=250ms"], "|"],
      ["--ttl 2d", ["ttl=2d"], "|"],
    ]);
    refuses([
      ["--ttl soon", "bad-value", 6, "--ttl is a duration like 10s or 5m"],
      ["--ttl 5", "bad-value", 6, "--ttl is a duration like 10s or 5m"],
    ]);
  });
  describe("L58 user", () => {
    reads([["--owner alice", ["owner=alice"], "|"]]);
    refuses([["--owner 'a b'", "bad-value", 8, "--owner is the name of a user"]]);
  });
  describe("L59 channel", () => {
    reads([["--room #ops", ["room=#ops"], "|"]]);
    refuses([["--room 'a b'", "bad-value", 7, "--room is the name of a channel"]]);
  });
});

describe("L60 a required option that is missing is an error", () => {
  refuses(
    [
      ["", "missing-option", 0, "--id is missing"],
      ["x", "missing-option", 1, "--id is missing"],
    ],
    "strict",
  );
});

describe("L61 an option that was not given has its default, and a flag is false", () => {
  test.each([
    ["", "zone=eu tags=a+b colour=true force=false |"],
    ["--zone us", "zone=us tags=a+b colour=true force=false |"],
    ["--tags c", "zone=eu tags=c colour=true force=false |"],
    ["--colour=false --note x", "zone=eu tags=a+b colour=false force=false note=x |"],
  ])("%j is %s", (text, expected) => {
    const result = parse("usual", text);

    assert.ok(result.ok);
    assert.equal(showParsed(result.parsed), expected);
  });
});

describe("L62 arguments are checked against what is declared of them", () => {
  refuses(
    [
      ["tset", "bad-argument", 0, "environment is one of staging, prod"],
      [
        "--force pord",
        "bad-argument",
        8,
        "environment is one of staging, prod; did you mean prod?",
      ],
      ["-- --force", "bad-argument", 3, "environment is one of staging, prod"],
    ],
    "choosy",
  );
  refuses([["-i 1", "missing-argument", 4, "target is missing"]], "strict");
  refuses(
    [
      ["", "missing-argument", 0, "target is missing"],
      ["c", "bad-argument", 0, "target is one of a, b"],
    ],
    "loose",
  );

  test.each([
    ["choosy", ""],
    ["choosy", "prod more words"],
    ["strict", "-i 1 x y"],
    ["loose", "--x c"],
  ])("%s takes %j", (name, text) => assert.ok(parse(name, text).ok));
});

describe("L80 the program gets the words as they were typed", () => {
  test.each([
    ["prod -v 1.10 --force", ["prod", "-v", "1.10", "--force"]],
    ["—force 'prod' -- x", ["--force", "prod", "--", "x"]],
    ["--tags 'a, b'", ["--tags", "a, b"]],
    ['--version="a b"', ["--version=a b"]],
  ])("%j", (text, argv) => {
    const result = parse("deploy", text);

    assert.ok(result.ok);
    assert.deepEqual(result.parsed.argv, argv);
  });
});

describe("L63 the values of secret options are found in the words", () => {
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
