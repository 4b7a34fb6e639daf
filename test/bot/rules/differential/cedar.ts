import assert from "node:assert/strict";
import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import type { Rule } from "../../../../bot/rules/syntax.ts";
import { contextOf } from "./cedar-terms.ts";
import type { Reading } from "./reading-items.ts";
import { toCedar } from "./to-cedar.ts";

/** The engine keeps policies under a name; the next rules take the place of the last. */
const POLICIES = "rules";
const ANYONE = { type: "Any", id: "any" };

/** Has Cedar read the rules; what comes back says whether it allows. */
export function decideByCedar(rules: readonly Rule[]): (facts: Reading) => boolean {
  const policies = toCedar(rules);
  const parsed = preparsePolicySet(POLICIES, { staticPolicies: policies });
  assert.equal(parsed.type, "success", `${policies}: ${JSON.stringify(parsed)}`);
  return (facts) => {
    const answer = statefulIsAuthorized({
      principal: ANYONE,
      action: ANYONE,
      resource: ANYONE,
      context: contextOf(facts),
      entities: [],
      preparsedPolicySetId: POLICIES,
    });
    assert.ok(answer.type === "success", JSON.stringify(answer));
    const { decision, diagnostics } = answer.response;
    assert.deepEqual(diagnostics.errors, [], "a policy that fails would be passed over");
    return decision === "allow";
  };
}
