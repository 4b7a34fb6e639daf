import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { couldAllow, decide } from "../../../bot/rules/decide.ts";
import type { Facts } from "../../../bot/rules/facts.ts";
import { parseRule } from "../../../bot/rules/parse.ts";
import { compilePattern } from "../../../bot/rules/pattern.ts";
import { printRule } from "../../../bot/rules/print.ts";
import type { Rule } from "../../../bot/rules/syntax.ts";
import { rules, typedTexts } from "./rule-arbitraries.ts";
import { factsWith, RUNS } from "./rule-facts.ts";

describe("no text makes the parser throw", () => {
  test("random characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        parseRule(text, "web:deploy");
      }),
      RUNS,
    );
  });

  test("random sequences of the language's own words", () => {
    const word = fc.constantFrom(
      ..."with when command is web:deploy allow forbid because must have and or not any all in true false".split(
        " ",
      ),
      ..."option arg user group hour weekday relay . tag [ ] ( ) , == != < <= 5 -1.5 'x' \"y\" /a+/ prod".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        parseRule(words.join(" "), "web:deploy");
        parseRule(words.join(""), "web:deploy");
      }),
      RUNS,
    );
  });

  test("random patterns", () => {
    const piece = fc.constantFrom(
      ..."a|(|)|[|]|{|}|*|+|?|^|$|.|\\|-|1|,|(?i)|(?:|\\d|\\p{L}|[^".split("|"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const compiled = compilePattern(pieces.join(""), 0);
        if (compiled.ok) compiled.pattern.isIn("ab-1\n");
      }),
      RUNS,
    );
  });
});

describe("a printed rule reads back as the same rule", () => {
  test("for every rule", () => {
    fc.assert(
      fc.property(rules, (text) => {
        const printed = printRule(parsed(text));

        assert.equal(printRule(parsed(printed)), printed);
        assert.deepEqual(shape(parsed(printed)), shape(parsed(text)));
      }),
      RUNS,
    );
  });
});

/** Values that `null` in these facts may turn out to have; some may turn out absent. */
function completions(facts: Facts): fc.Arbitrary<Facts> {
  const value = fc.option(fc.array(typedTexts, { minLength: 1, maxLength: 2 }), { nil: undefined });
  const values = fc.array(value, { minLength: 12, maxLength: 12 });
  return fc
    .record({ values, tag: fc.option(typedTexts, { nil: undefined }) })
    .map(({ values, tag }) => {
      const fresh = values[Symbol.iterator]();
      const next = (): string[] | undefined => fresh.next().value ?? undefined;
      const names = facts.options ? Object.keys(facts.options) : ["a", "b", "list"];
      const options = names.flatMap((name): [string, readonly string[]][] => {
        const known = facts.options?.[name] ?? next();
        return known ? [[name, known]] : [];
      });
      const words = facts.arguments ?? [null, null];
      const complete = words.map((word) => word ?? next()?.[0]);
      const end = complete.indexOf(undefined);
      const isCutShort = end >= 0 && complete.slice(end).every((word) => word === undefined);
      return {
        ...facts,
        options: Object.fromEntries(options),
        arguments: (isCutShort ? complete.slice(0, end) : complete).map((word) => word ?? "x"),
        relayTags: facts.relayTags ?? (tag === undefined ? {} : { k: tag }),
      };
    });
}

const texts = fc.option(typedTexts, { nil: null });
const someFacts = fc
  .record({
    options: fc.option(
      fc.dictionary(
        fc.constantFrom("a", "b", "list"),
        fc.option(fc.array(typedTexts, { minLength: 1, maxLength: 2 }), { nil: null }),
      ),
      { nil: null },
    ),
    arguments: fc.option(fc.array(texts, { maxLength: 3 }), { nil: null }),
    groups: fc.subarray(["ops", "dev"]),
    permissions: fc.subarray(["web:a", "web:b"]).map((names) => new Set(names)),
    relayTags: fc.option(fc.constantFrom({}, { k: "x" }, { k: "5" }), { nil: null }),
  })
  .map((given) => factsWith(given));
const cases = fc
  .record({ facts: someFacts, texts: fc.array(rules, { minLength: 1, maxLength: 4 }) })
  .chain(({ facts, texts }) => completions(facts).map((complete) => ({ facts, complete, texts })));

describe("what is not known is never decided in the caller's favour", () => {
  test("an allow in spite of an unknown holds for every value", () => {
    fc.assert(
      fc.property(cases, ({ facts, complete, texts }) => {
        const parsedRules = texts.map(parsed);
        if (!decide(parsedRules, facts).allowed) return;

        assert.ok(decide(parsedRules, complete).allowed);
      }),
      RUNS,
    );
  });

  test("a command that some values would allow is shown", () => {
    fc.assert(
      fc.property(cases, ({ facts, complete, texts }) => {
        const parsedRules = texts.map(parsed);
        if (!decide(parsedRules, complete).allowed) return;

        assert.ok(couldAllow(parsedRules, facts));
      }),
      RUNS,
    );
  });

  test("the order of the rules does not matter", () => {
    fc.assert(
      fc.property(cases, ({ facts, texts }) => {
        const parsedRules = texts.map(parsed);

        assert.equal(
          decide(parsedRules, facts).allowed,
          decide(parsedRules.toReversed(), facts).allowed,
        );
      }),
      RUNS,
    );
  });

  test("one more permission never denies, one more forbid never allows", () => {
    fc.assert(
      fc.property(cases, ({ facts, texts }) => {
        const parsedRules = texts.map(parsed);
        const { allowed } = decide(parsedRules, facts);
        const permissions = new Set(["web:a", "web:b"]);

        if (allowed) assert.ok(decide(parsedRules, { ...facts, permissions }).allowed);
        else assert.ok(!decide([...parsedRules, parsed("forbid")], facts).allowed);
      }),
      RUNS,
    );
  });
});

function parsed(text: string): Rule {
  const result = parseRule(text, "web:deploy");
  assert.ok(result.ok, text);
  return result.rule;
}

/** A rule without its offsets, its text and its compiled patterns. */
function shape(rule: Rule): unknown {
  return JSON.parse(
    JSON.stringify(rule, (key, value) =>
      key === "at" || (key === "text" && typeof value !== "object" && value === rule.text)
        ? undefined
        : value,
    ),
  );
}
