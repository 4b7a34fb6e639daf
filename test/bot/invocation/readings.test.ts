import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { parseWords } from "../../../bot/invocation/parse.ts";
import type { Grammar } from "../../../bot/invocation/parsed-words.ts";
import { tokenize } from "../../../bot/invocation/tokenize.ts";
import { decide } from "../../../bot/rules/decide.ts";
import { factsWith, rulesOf } from "../rules/rule-facts.ts";
import { showParsed } from "./show-parsed.ts";

/** A command that declares no options. */
const loose: Grammar = { declaresOptions: false, options: {}, arguments: [] };

function parse(text: string) {
  const tokens = tokenize(text);
  assert.ok(tokens.ok);
  const result = parseWords(loose, tokens.words, text.length);
  assert.ok(result.ok);
  return result.parsed;
}

/** `x?` is an option that is unknown, `?` an argument. */
function reads(rows: readonly (readonly [text: string, expected: string])[]): void {
  test.each(rows)("%j is %s", (text, expected) => assert.equal(showParsed(parse(text)), expected));
}

describe("arguments alone are certain", () => {
  describe("L20 words", () => {
    reads([
      ["", "|"],
      ["a b", "| a b"],
    ]);
  });
  describe("L47 numbers and a lone hyphen", () => {
    reads([
      ["5 1.5", "| 5 1.5"],
      ["- a", "| - a"],
    ]);
  });
});

describe("L70 --name=value is an option with that value", () => {
  reads([
    ["--x=1 a", "x=1 | a"],
    ["--x=", "x= |"],
    ["--x='a b'", "x=a b |"],
    ["--x=1 --y=2", "x=1 y=2 |"],
    ["--y=1 --x a", "y=1 x? | ?"],
    ["--x a --y=1", "x? y? | ? ?"],
    ["--x --y=1", "x? y? |"],
    ["-a=1", "a? |"],
  ]);
});

describe("L71 an option before a word may be a flag or take that word", () => {
  reads([
    ["--x a", "x? | ?"],
    ["-x a", "x? | ?"],
    ["'--x' a", "x? | ?"],
    ["a --x b", "x? | a ? ?"],
    ["a --x b c", "x? | a ? ? ?"],
    ["a --x b b", "x? | a ? ? ?"],
    ["a --x b b b", "x? | a ? b ? ?"],
    ["--x --y", "x? y? |"],
    ["--x -5", "5? x? | ?"],
  ]);
});

describe("L72 an option at the end of the line is a flag", () => {
  reads([
    ["--x", "x=true |"],
    ["--y=1 -x", "y=1 x=true |"],
  ]);
});

describe("L73 several letters after one hyphen are unknown", () => {
  reads([
    ["-abc", "a? b? c? abc? |"],
    ["-abc x", "a? b? c? abc? | ?"],
  ]);
});

describe("L74 the same option with different values is unknown", () => {
  reads([
    ["--y=1 --y=1", "y=1 |"],
    ["--y=1 --y=2", "y? |"],
    ["--y=true --y", "y=true |"],
    ["--y=1 --x --y=1", "y? x? |"],
  ]);
});

describe("L75 after a -- that can be nothing else every word is an argument", () => {
  reads([
    ["--x=1 -- a", "x=1 | a"],
    ["-- -a --", "| -a --"],
  ]);
  describe("but it may also be the value of the option before it", () => {
    reads([
      ["--x -- a", "x? | a"],
      ["--x -- a b", "x? | a b"],
      ["--x -- --y", "x? y? | ?"],
    ]);
  });
});

describe("L77 after the first argument every word may be one", () => {
  reads([
    ["a --x=1 b", "x? | a ? ?"],
    ["a --x", "x? | a ?"],
    ["a -- --x b", "| a ? ? ?"],
    ["--y=1 a --x=1", "y=1 x? | a ?"],
    ["a b c", "| a b c"],
  ]);
});

describe("L79 a number after a hyphen may be an option", () => {
  reads([
    ["-5", "5? | ?"],
    ["a -5 b", "5? | a ? ?"],
  ]);
});

describe("L78 a name may be short for a longer one", () => {
  reads([
    ["--forc=1 --force=2", "forc? force? |"],
    ["--forc=1 --fo=3 --x=2", "forc? fo? x=2 |"],
  ]);

  test.each([
    ["--forc", false],
    ["--other", true],
    ["-f", false],
    ["--force=false", true],
  ])("so after %s that --force is not given is certain: %s", (text, isCertain) => {
    const rules = rulesOf("allow", 'with option["force"] == true forbid');
    const { options, abbreviations } = parse(text);

    const { allowed } = decide(rules, factsWith({ options, abbreviations }));

    assert.equal(allowed, isCertain);
  });

  test("and so many names may stand for anything", () => {
    const names = Array.from({ length: 301 }, (_, index) => `--n${index}=1`);

    assert.deepEqual(parse(names.join(" ")).abbreviations, [""]);
  });
});

describe("L76 more words than can be followed", () => {
  test("have no known argument", () => {
    assert.equal(parse(`--x ${"a ".repeat(300)}`).arguments, null);
  });

  test("are followed up to 300", () => {
    assert.notEqual(parse(`--x ${"a ".repeat(299)}`).arguments, null);
  });

  test("are no matter where the reading is certain", () => {
    assert.equal(parse("a ".repeat(1000)).arguments?.length, 1000);
  });
});
