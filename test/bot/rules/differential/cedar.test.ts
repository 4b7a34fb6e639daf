import fc from "fast-check";
import { test, vi } from "vitest";
import { RUNS, RUNS_TIMEOUT_MS } from "../rule-facts.ts";
import { agreeWithCedar } from "./agree-with-cedar.ts";
import { casesFor, casesOf, rulesFrom } from "./cases.ts";
import { realDecider } from "./decider.ts";
import { assertNothingIsRare, COUNTED, Frequencies, tableOf } from "./frequencies.ts";
import { typedFacts, typedRules } from "./typed-cases.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

/** Cedar is several times slower than the rest. */
const LEAST_PAIRS = RUNS.numRuns / 2;

test("decides as Cedar does by the same rules", () => {
  const frequencies = new Frequencies(COUNTED);
  let pairs = 0;
  const cases = casesOf(typedRules, typedFacts);

  const property = fc.property(cases, ({ texts, givens }) => {
    agreeWithCedar(realDecider, rulesFrom(texts), givens, (rules, { allowed, outcomeOf }) => {
      pairs++;
      frequencies.countDecision(rules, allowed);
      frequencies.count("outcome", ...rules.map(outcomeOf));
    });
  });
  fc.assert(property, casesFor(LEAST_PAIRS));

  console.log(tableOf(`Cedar: ${pairs} pairs agree`, frequencies.shares()));
  assertNothingIsRare(frequencies.shares(), { tried: pairs, wanted: LEAST_PAIRS });
});
