import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import { couldAllow, decide } from "../../../bot/rules/decide.ts";
import type { Facts } from "../../../bot/rules/facts.ts";
import { parseRule } from "../../../bot/rules/parse.ts";
import { compilePattern } from "../../../bot/rules/pattern.ts";
import { printRule } from "../../../bot/rules/print.ts";
import type { Rule } from "../../../bot/rules/syntax.ts";
import { casesFor, casesOf } from "./differential/cases.ts";
import { rules, typedTexts } from "./rule-arbitraries.ts";
import { factsWith, RUNS, RUNS_TIMEOUT_MS } from "./rule-facts.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

describe("R88 no text makes the parser throw", () => {
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

describe("R88 a printed rule reads back as the same rule", () => {
  test("for every rule", () => {
    fc.assert(
      fc.property(rules, (text) => {
        const rule = parsed(text);

        const again = parsed(printRule(rule));

        assert.equal(printRule(again), printRule(rule));
        assert.deepEqual(shape(again), shape(rule));
      }),
      RUNS,
    );
  });
});

/** Values that `null` in these facts may turn out to have; some may turn out absent. */
function completions(facts: Facts): fc.Arbitrary<Facts> {
  const value = fc.option(fc.array(typedTexts, { minLength: 1, maxLength: 2 }), { nil: undefined });
  const values = fc.array(value, { minLength: 6, maxLength: 6 });
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
const factsWithValues = someFacts.chain((facts) =>
  completions(facts).map((complete) => ({ facts, complete })),
);

interface Given {
  facts: Facts;
  complete: Facts;
}

/** Tries rules on what is known, and on one way in which the unknown may turn out. */
function assertAlways(check: (rules: readonly Rule[], given: Given) => void): void {
  const property = fc.property(casesOf(rules, factsWithValues), ({ texts, givens }) => {
    const parsedRules = texts.map(parsed);
    for (const given of givens) check(parsedRules, given);
  });
  fc.assert(property, casesFor(RUNS.numRuns));
}

describe("what is not known is never decided in the caller's favour", () => {
  test("R75 an allow in spite of an unknown holds for every value", () => {
    assertAlways((parsedRules, { facts, complete }) => {
      if (!decide(parsedRules, facts).allowed) return;

      assert.ok(decide(parsedRules, complete).allowed);
    });
  });

  test("R78 a command that some values would allow is shown", () => {
    assertAlways((parsedRules, { facts, complete }) => {
      if (!decide(parsedRules, complete).allowed) return;

      assert.ok(couldAllow(parsedRules, facts));
    });
  });

  test("R74 P12: the order of the rules does not matter", () => {
    assertAlways((parsedRules, { facts }) => {
      assert.equal(
        decide(parsedRules, facts).allowed,
        decide(parsedRules.toReversed(), facts).allowed,
      );
    });
  });

  test("P05 one more permission never denies, one more forbid never allows", () => {
    assertAlways((parsedRules, { facts }) => {
      const { allowed } = decide(parsedRules, facts);
      const permissions = new Set(["web:a", "web:b"]);

      if (allowed) assert.ok(decide(parsedRules, { ...facts, permissions }).allowed);
      else assert.ok(!decide([...parsedRules, parsed("forbid")], facts).allowed);
    });
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
