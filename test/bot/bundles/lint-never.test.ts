import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import type { Command } from "../../../bot/bundles/bundle.ts";
import { contradictionIn } from "../../../bot/bundles/lint-never.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { evaluate } from "../../../bot/rules/evaluate.ts";
import type { Facts } from "../../../bot/rules/facts.ts";
import { outcomeOf } from "../../../bot/rules/truth.ts";
import { rules } from "../rules/rule-arbitraries.ts";
import { factsWith, RUNS, ruleOf } from "../rules/rule-facts.ts";

/** A command with these declarations. */
function commandWith(declared: object): Command {
  const deploy = { executable: ["x"], ...declared };
  const head = { aldis_bundle_version: 1, name: "web", version: "1.0.0", image: "web:1" };
  const loaded = loadBundle(JSON.stringify({ ...head, commands: { deploy } }), "web.yaml");
  assert.ok(loaded.ok && loaded.bundle.commands.deploy);
  return loaded.bundle.commands.deploy;
}

/** Two rules at a time, on five lines each. */
const FEWER = { numRuns: Math.ceil(RUNS.numRuns / 4) };

/** Words that the rules of this test speak of, and others. */
const words = [
  "x",
  "y",
  "true",
  "false",
  "5",
  "-1",
  "5.0",
  "5.00",
  "5.5",
  "6",
  "0",
  "-0",
  "5.25",
  "007",
  "",
  "prod",
];
const word = fc.constantFrom(...words);
const undeclared = {
  command: commandWith({}),
  options: fc.dictionary(
    fc.constantFrom("a", "b", "list"),
    fc.option(fc.array(word, { minLength: 1, maxLength: 2 }), { nil: null }),
  ),
  first: fc.option(word, { nil: null }),
};
const choices = ["x", "5", "5.0", "prod"];
const declared = {
  command: commandWith({
    options: { a: { type: "enum", choices }, b: { type: "bool" }, list: { type: "list" } },
    arguments: [{ name: "first", choices }, { name: "second" }, { name: "third" }],
  }),
  options: fc.record(
    {
      a: fc.constantFrom(...choices).map((text) => [text]),
      b: fc.constantFrom("true", "false").map((text) => [text]),
      list: fc.array(word, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
  first: fc.constantFrom(...choices),
};

function factsFor({ options, first }: typeof undeclared | typeof declared): fc.Arbitrary<Facts> {
  const rest = fc.array(fc.option(word, { nil: null, freq: 9 }), { maxLength: 2 });
  return fc
    .record({
      options: fc.option<Facts["options"], null>(options, { nil: null, freq: 9 }),
      arguments: fc.tuple(first, rest).map(([head, tail]) => [head, ...tail]),
      user: word,
      now: fc.integer({ min: 0, max: 7 * 24 }).map((hours) => new Date(hours * 3_600_000)),
      relayTags: fc.constantFrom({}, { k: "x" }, { k: "5" }, null),
    })
    .map((given) => factsWith(given));
}

test.each([
  ["nothing is declared", undeclared],
  ["values are", declared],
])("what is said to be never true is never true, where %s", (_what, given) => {
  let said = 0;
  const cases = fc.record({
    text: fc.tuple(rules, rules).map(([one, other]) => bothOf(one, other)),
    facts: fc.array(factsFor(given), { minLength: 5, maxLength: 5 }),
  });
  fc.assert(
    fc.property(cases, ({ text, facts }) => {
      const { condition } = ruleOf(text);
      if (!condition || !contradictionIn(condition, given.command)) return;
      said++;

      for (const each of facts) assert.notEqual(outcomeOf(evaluate(condition, each)), "true", text);
    }),
    FEWER,
  );

  assert.ok(said > 100, `only ${said} were said to be`);
});

const numbers = fc.constantFrom("5", "5.0", "-1", "6", "5.5", "0");
const literal = fc.oneof(
  numbers,
  fc.constantFrom("'x'", "'5'", "'5.0'", "'prod'", "true", "/^5/", "/\\.0/", "/x|6/"),
);
const comparison = fc.oneof(
  fc.tuple(fc.constantFrom("==", "!="), literal).map((words) => words.join(" ")),
  fc.tuple(fc.constantFrom("<", "<=", ">", ">="), numbers).map((words) => words.join(" ")),
  fc
    .tuple(fc.constantFrom("in", "not in"), fc.array(literal, { minLength: 1, maxLength: 2 }))
    .map(([operator, items]) => `${operator} [${items.join(", ")}]`),
);
/** Conditions on one subject that often contradict themselves. */
const { dense } = fc.letrec<{ dense: string }>((tie) => ({
  dense: fc.oneof(
    { depthSize: "small" },
    comparison.map((rest) => `SUBJECT ${rest}`),
    fc
      .tuple(tie("dense"), fc.constantFrom("and", "and", "or"), tie("dense"))
      .map((words) => `(${words.join(" ")})`),
    tie("dense").map((inner) => `not ${inner}`),
  ),
}));

test.each([
  ["arg[1]", words],
  ["arg[0]", choices],
  ["option[a]", choices],
])("not one value of %s makes true what is said to be never true", (subject, values) => {
  let said = 0;
  fc.assert(
    fc.property(dense, (text) => {
      const { condition } = ruleOf(`with ${text.replaceAll("SUBJECT", subject)} allow`);
      if (!condition || !contradictionIn(condition, declared.command)) return;
      said++;

      for (const value of values) {
        const facts = factsWith({ arguments: [value, value], options: { a: [value] } });
        assert.notEqual(outcomeOf(evaluate(condition, facts)), "true", `${text}: ${value}`);
      }
    }),
    FEWER,
  );

  assert.ok(said > 100, `only ${said} were said to be`);
});

test("a rule with more ways to be true than are worth trying is left alone", () => {
  const either = (index: number) => `(arg[${index}] == "x" or arg[${index}] == "y")`;
  const long = Array.from({ length: 12 }, (_, index) => either(index)).join(" and ");

  const { condition } = ruleOf(`with ${long} and hour > 23 allow`);

  assert.ok(condition);
  assert.equal(contradictionIn(condition, undeclared.command), undefined);
});

/** One rule with what either of two asks for, and in it the pairs that may contradict each other. */
function bothOf(one: string, other: string): string {
  const [first, second] = [one, other].map(
    (text) => /^with (.*) (allow|forbid|must)/s.exec(text)?.[1],
  );
  const parts = [first, second].flatMap((part) => (part === undefined ? [] : [`(${part})`]));
  return parts.length > 0 ? `with ${parts.join(" and ")} allow` : "allow";
}
