import fc from "fast-check";
import { factsWith, MONDAY } from "../rule-facts.ts";
import { conditionsOf, rulesOf } from "./condition-trees.ts";

/** Each place holds values of one type only, which is how the other language knows them. */
const STRINGS = ["user", "adapter", "weekday", "arg[0]", "arg[1]", "option[a]", "option[b]"];
const strings = fc.constantFrom(...STRINGS, "relay.tag[k]", "relay.tag[z]");
const numeric = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom("option[n]", "option[m]") },
  { weight: 1, arbitrary: fc.constant("hour") },
);
const sets = fc.constantFrom("group", "role", "channel", "arg", "option[list]");
const quantified = fc
  .tuple(
    fc.constantFrom("", "any ", "all "),
    fc.constantFrom("group", "role", "arg", "option[list]"),
  )
  .map(([quantifier, set]) => quantifier + set);

const words = fc.constantFrom("'x'", "'y'", "'prod'", "'monday'", "'releases'", "''");
const numbers = fc.constantFrom("5", "5.0", "4", "-1", "14", "6");
const patterns = fc.constantFrom("/^x/", "/y$/", "/ro/", "/^xy$/");
const wordList = listOf(words);
const numberList = listOf(numbers);

function listOf(items: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(items, { maxLength: 3 }).map((texts) => `[${texts.join(", ")}]`);
}

function joined(...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.join(" "));
}

function memberships(sign: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: joined(strings, sign, wordList) },
    { weight: 2, arbitrary: joined(numeric, sign, numberList) },
    { weight: 3, arbitrary: joined(quantified, sign, wordList) },
    { weight: 2, arbitrary: joined(fc.oneof(words, strings), sign, sets) },
  );
}

function equalities(sign: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: joined(strings, sign, words) },
    { weight: 2, arbitrary: joined(strings, sign, patterns) },
    { weight: 2, arbitrary: joined(numeric, sign, numbers) },
    { weight: 3, arbitrary: joined(fc.oneof(quantified, sets), sign, words) },
    {
      weight: 1,
      arbitrary: joined(fc.constant("option[f]"), sign, fc.constantFrom("true", "false")),
    },
    { weight: 1, arbitrary: joined(strings, sign, strings) },
    { weight: 1, arbitrary: joined(fc.constant("hour"), sign, numeric) },
  );
}

function orders(sign: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: joined(numeric, sign, numbers) },
    { weight: 1, arbitrary: joined(numbers, sign, numeric) },
    { weight: 1, arbitrary: joined(numeric, sign, numeric) },
  );
}

const comparisons = fc.oneof(
  ...["==", "!="].map((sign) => equalities(fc.constant(sign))),
  ...["<", "<=", ">", ">="].map((sign) => orders(fc.constant(sign))),
  ...["in", "not in"].map((sign) => memberships(fc.constant(sign))),
);

/** Rules that both languages can express. */
export const typedRules = rulesOf(conditionsOf(comparisons));

const word = fc.constantFrom("x", "y", "xy", "prod", "");
const number = fc.constantFrom("5", "5.0", "4", "-1", "14", "6");
const maybe = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });

/** Facts without unknowns, each place either absent or of its type. */
export const typedFacts = fc
  .record({
    a: maybe(fc.tuple(word)),
    b: maybe(fc.tuple(word)),
    n: maybe(fc.tuple(number)),
    m: maybe(fc.tuple(number)),
    f: fc.constantFrom(["true"], ["false"]),
    list: maybe(fc.array(word, { maxLength: 2 })),
    arguments: fc.array(word, { maxLength: 2 }),
    groups: fc.subarray(["x", "y", "prod"]),
    roles: fc.subarray(["x", "deployer"]),
    permissions: fc.subarray(["web:a", "web:b", "site:c"], { minLength: 1 }),
    channel: maybe(fc.record({ id: fc.constant("C1"), name: maybe(fc.constant("releases")) })),
    user: fc.constantFrom("alice", "x"),
    hours: fc.nat({ max: 7 * 24 }),
    relayTags: fc.constantFrom({}, { k: "x" }, { k: "y", z: "x" }, { k: "prod", z: "prod" }),
  })
  .map(({ a, b, n, m, f, list, hours, permissions, ...given }) => {
    const options = Object.entries({ a, b, n, m, f, list }).flatMap(([name, values]) =>
      values ? [[name, values] as const] : [],
    );
    return factsWith({
      ...given,
      options: Object.fromEntries(options),
      permissions: new Set(permissions),
      now: new Date(MONDAY.getTime() + hours * 3_600_000),
    });
  });
