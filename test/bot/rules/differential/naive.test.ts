import fc from "fast-check";
import { test, vi } from "vitest";
import { RUNS, RUNS_TIMEOUT_MS } from "../rule-facts.ts";
import { agree } from "./agreement.ts";
import { casesFor, casesOf, rulesFrom } from "./cases.ts";
import { realDecider } from "./decider.ts";
import {
  assertNotCommon,
  assertNothingIsRare,
  COUNTED,
  Frequencies,
  tableOf,
} from "./frequencies.ts";
import { someFacts, untypedRules } from "./untyped-cases.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

/** Of the pairs with unknowns. */
const MOST_PERCENT = { stricter: 1, "shown in vain": 10 };

test("decides as a naive evaluator does, over every reading of what is unknown", () => {
  const outcome = ["true", "false", "unknown"];
  const knowledge = ["complete", "with unknowns"];
  const frequencies = new Frequencies({ ...COUNTED, outcome, facts: knowledge });
  const strictness = new Frequencies({ unknowns: ["exact", "stricter", "shown in vain"] });
  let pairs = 0;
  const cases = casesOf(untypedRules, someFacts);

  const property = fc.property(cases, ({ texts, givens }) => {
    const rules = rulesFrom(texts);
    for (const some of givens) {
      const found = agree(realDecider, rules, some);
      pairs++;
      frequencies.countDecision(found.rules, found.allowed);
      frequencies.count("outcome", ...found.outcomes);
      frequencies.count("facts", found.knowledge);
      if (found.knowledge === "with unknowns") strictness.count("unknowns", found.strictness);
    }
  });
  fc.assert(property, casesFor(RUNS.numRuns));

  const [counted, tolerated] = [frequencies.shares(), strictness.shares()];
  console.log(tableOf(`naive evaluator: ${pairs} pairs agree`, counted.concat(tolerated)));
  assertNothingIsRare(counted, { tried: pairs, wanted: RUNS.numRuns });
  assertNotCommon(tolerated, MOST_PERCENT, { wanted: RUNS.numRuns });
});
