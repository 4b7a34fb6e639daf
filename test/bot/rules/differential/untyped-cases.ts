import fc from "fast-check";
import type { Facts } from "../../../../bot/rules/facts.ts";
import { factsWith, MONDAY } from "../rule-facts.ts";
import { conditionsOf, rulesOf } from "./condition-trees.ts";
import { MINUTES_EAST } from "./reading-items.ts";

/** The clock is rare: to look at it takes longer than all the rest. */
const scalars = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      ...["arg[0]", "arg[1]", "option[a]", "option[b]", "relay.tag[k]", "relay.tag[z]"],
      ...["arg[0]", "arg[1]", "option[a]", "option[b]", "user", "channel", "adapter"],
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("hour", "weekday") },
);
const numeric = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom("arg[0]", "arg[1]", "option[a]", "option[b]", "relay.tag[k]"),
  },
  { weight: 1, arbitrary: fc.constant("hour") },
);
const collections = fc.constantFrom("arg", "option", "group", "role", "option[list]");
const openCollections = fc.constantFrom("any arg", "all arg", "arg", "any option", "option[list]");
const quantified = fc
  .tuple(fc.constantFrom("", "any ", "all "), collections)
  .map(([quantifier, collection]) => quantifier + collection);

const numbers = fc.constantFrom("5", "5.0", "4.5", "-1", "14", "0");
const patterns = fc.constantFrom("/^x/", "/y$/", "/^[0-9]+$/");
const words = fc.constantFrom("'x'", "'y'", "'prod'", "'5'", "''", "'C1'", "'monday'");
const literals = fc.oneof(
  { weight: 4, arbitrary: words },
  { weight: 2, arbitrary: numbers },
  { weight: 1, arbitrary: fc.constantFrom("true", "false") },
  { weight: 1, arbitrary: patterns },
);
const lists = fc.array(literals, { maxLength: 3 }).map((items) => `[${items.join(", ")}]`);

function joined(...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.join(" "));
}

function compared(operator: string): fc.Arbitrary<string> {
  const sign = fc.constant(operator);
  if (operator.endsWith("in")) {
    return fc.oneof(
      { weight: 3, arbitrary: joined(scalars, sign, lists) },
      { weight: 2, arbitrary: joined(quantified, sign, lists) },
      { weight: 1, arbitrary: joined(fc.oneof(words, numbers, scalars), sign, collections) },
    );
  }
  if (operator.endsWith("=") && "!=".includes(operator.charAt(0))) {
    return fc.oneof(
      { weight: 4, arbitrary: joined(scalars, sign, literals) },
      { weight: 3, arbitrary: joined(quantified, sign, literals) },
      { weight: 1, arbitrary: joined(words, sign, scalars) },
      { weight: 1, arbitrary: joined(scalars, sign, scalars) },
    );
  }
  return fc.oneof(
    { weight: 4, arbitrary: joined(numeric, sign, numbers) },
    { weight: 2, arbitrary: joined(openCollections, sign, numbers) },
    { weight: 1, arbitrary: joined(numbers, sign, numeric) },
    { weight: 1, arbitrary: joined(numeric, sign, numeric) },
  );
}

const operators = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"];

/** Rules about anything that the language knows, whatever its type. */
export const untypedRules = rulesOf(conditionsOf(fc.oneof(...operators.map(compared))));

const typed = fc.constantFrom("x", "y", "xy", "prod", "5", "5.0", "4", "-1", "007", "true", "");
const maybe = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });

const complete = fc
  .record({
    a: maybe(fc.tuple(typed)),
    b: maybe(fc.tuple(typed)),
    list: maybe(fc.array(typed, { maxLength: 2 })),
    arguments: fc.array(typed, { maxLength: 2 }),
    groups: fc.subarray(["x", "y", "prod"]),
    roles: fc.subarray(["x", "deployer"]),
    permissions: fc.subarray(["web:a", "web:b", "site:c"], { minLength: 1 }),
    channel: maybe(fc.record({ id: fc.constant("C1"), name: maybe(fc.constant("prod")) })),
    user: fc.constantFrom("alice", "x"),
    hours: fc.nat({ max: 7 * 24 }),
    timeZone: fc.constantFrom(...Object.keys(MINUTES_EAST)),
    k: maybe(typed),
  })
  .map(({ a, b, list, hours, k, permissions, ...given }) => {
    const options = Object.entries({ a, b, list }).flatMap(([name, values]) =>
      values ? [[name, values] as const] : [],
    );
    return factsWith({
      ...given,
      options: Object.fromEntries(options),
      permissions: new Set(permissions),
      now: new Date(MONDAY.getTime() + hours * 3_600_000),
      relayTags: k === undefined ? { z: "x" } : { k },
    });
  });

/** Ways to know less. */
const blanks: readonly ((facts: Facts) => Facts)[] = [
  (facts) => ({ ...facts, options: { ...facts.options, a: null } }),
  (facts) => ({ ...facts, options: { ...facts.options, b: null } }),
  (facts) => ({ ...facts, options: null }),
  (facts) => ({ ...facts, arguments: null }),
  (facts) => ({ ...facts, arguments: [null, ...(facts.arguments ?? []).slice(1)] }),
  (facts) => ({ ...facts, arguments: [...(facts.arguments ?? []).slice(0, 1), null] }),
  (facts) => ({ ...facts, relayTags: null }),
];

const blanked = fc
  .tuple(complete, fc.constantFrom(...blanks), fc.constantFrom(...blanks))
  .map(([facts, first, second]) => first(second(facts)));

/** Facts of `web:deploy`: half of them complete, of the others one or two parts unknown. */
export const someFacts = fc.oneof(complete, blanked);
