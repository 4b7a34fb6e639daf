import assert from "node:assert/strict";
import { test } from "vitest";
import { mentionsRelayTag, relayTagsIn } from "../../../bot/rules/relay-tags.ts";
import { rulesOf } from "./rule-facts.ts";

test("finds tags on either side, however deep, and names each once", () => {
  const rules = rulesOf(
    'with user == "a" or not (relay.tag[region] == "eu" and "web" == relay.tag["role"]) allow',
    'with relay.tag[region] in [us] forbid because "relay.tag[site]"',
  );

  assert.deepEqual(relayTagsIn(rules), ["region", "role"]);
  assert.equal(mentionsRelayTag(rules), true);
});

test("finds none where none is asked for", () => {
  const rules = rulesOf("allow", 'with arg[0] == "relay.tag" forbid');

  assert.deepEqual(relayTagsIn(rules), []);
  assert.equal(mentionsRelayTag(rules), false);
});
