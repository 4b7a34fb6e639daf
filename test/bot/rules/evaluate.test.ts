import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { evaluate } from "../../../bot/rules/evaluate.ts";
import type { Facts } from "../../../bot/rules/facts.ts";
import { outcomeOf } from "../../../bot/rules/truth.ts";
import { factsWith, ruleOf } from "./rule-facts.ts";

type Row = [condition: string, outcome: "true" | "false" | "unknown"];

function specify(given: Partial<Facts>, rows: Row[]): void {
  test.each(rows)("%s: %s", (condition, outcome) => {
    const rule = ruleOf(`with ${condition} allow`);

    const truth = evaluate(rule.condition, factsWith(given));

    assert.equal(outcomeOf(truth), outcome);
  });
}

describe("an argument is text until it is compared: prod 1.10 007 true 3 -2.5 TRUE", () => {
  specify({ arguments: ["prod", "1.10", "007", "true", "3", "-2.5", "TRUE"] }, [
    ["arg[0] == 'prod'", "true"],
    ["arg[0] == 'Prod'", "false"],
    ["arg[0] != 'prod'", "false"],
    ["arg[0] != 'staging'", "true"],
    ["not arg[0] == 'prod'", "false"],
    ["not arg[0] != 'prod'", "true"],
    ["'prod' == arg[0]", "true"],
    ["arg[0] == 5", "unknown"],
    ["arg[0] != 5", "unknown"],
    ["not arg[0] == 5", "unknown"],
    ["arg[0] == true", "unknown"],
    ["arg[0] < 5", "unknown"],
    ["not arg[0] < 5", "unknown"],
    ["arg[1] == 1.10", "true"],
    ["arg[1] == 1.1", "true"],
    ["arg[1] == '1.1'", "false"],
    ["arg[1] == '1.10'", "true"],
    ["arg[1] < 2", "true"],
    ["arg[2] == 7", "unknown"],
    ["arg[2] == '007'", "true"],
    ["arg[2] > 1", "unknown"],
    ["arg[3] == true", "true"],
    ["arg[3] == false", "false"],
    ["arg[3] != false", "true"],
    ["arg[3] == 'true'", "true"],
    ["arg[6] == true", "unknown"],
    ["arg[6] == 'TRUE'", "true"],
    ["arg[4] == 3", "true"],
    ["arg[4] == 3.0", "true"],
    ["arg[4] <= 3", "true"],
    ["arg[4] < 3", "false"],
    ["arg[4] >= 3", "true"],
    ["arg[4] > 3", "false"],
    ["not arg[4] > 3", "true"],
    ["arg[5] < 0", "true"],
    ["arg[5] > -3", "true"],
    ["arg[5] == -2.50", "true"],
    ["arg[4] > arg[5]", "true"],
    ["arg[0] == arg[0]", "true"],
    ["arg[0] == arg[1]", "false"],
    ["arg[4] < arg[0]", "unknown"],
    ["arg[0] == user", "false"],
  ]);
});

describe("numbers are compared exactly", () => {
  specify({ arguments: ["9007199254740993", "-0", "0.30000000000000001", "-12.5", "100"] }, [
    ["arg[0] == 9007199254740992", "false"],
    ["arg[0] > 9007199254740992", "true"],
    ["arg[0] == 9007199254740993", "true"],
    ["arg[1] == 0", "true"],
    ["arg[1] < 0", "false"],
    ["arg[2] == 0.3", "false"],
    ["arg[2] > 0.3", "true"],
    ["arg[3] < -12.25", "true"],
    ["arg[3] > -13", "true"],
    ["arg[4] > 99", "true"],
    ["arg[4] < 99.999", "false"],
  ]);
});

describe("what is absent makes a comparison false and its negation unknown", () => {
  specify({ arguments: [], options: {}, groups: [], channel: undefined, relayTags: {} }, [
    ["arg[0] == 'x'", "false"],
    ["arg[0] != 'x'", "unknown"],
    ["not arg[0] == 'x'", "unknown"],
    ["not arg[0] != 'x'", "false"],
    ["not not arg[0] == 'x'", "false"],
    ["arg[0] < 5", "false"],
    ["not arg[0] < 5", "unknown"],
    ["arg[0] in [x]", "false"],
    ["arg[0] not in [x]", "unknown"],
    ["not arg[0] in [x]", "unknown"],
    ["not arg[0] not in [x]", "false"],
    ["arg[0] == /x/", "false"],
    ["arg[0] != /x/", "unknown"],
    ["option[force] == true", "false"],
    ["option[force] != true", "unknown"],
    ["option[force] == false", "false"],
    ["any arg == 'x'", "false"],
    ["all arg == 'x'", "false"],
    ["any arg != 'x'", "unknown"],
    ["all arg != 'x'", "unknown"],
    ["not any arg == 'x'", "unknown"],
    ["not all arg == 'x'", "unknown"],
    ["any option == 'x'", "false"],
    ["arg == 'x'", "false"],
    ["arg != 'x'", "unknown"],
    ["group == 'ops'", "false"],
    ["group != 'ops'", "unknown"],
    ["'ops' in group", "false"],
    ["'ops' not in group", "unknown"],
    ["channel == 'C1'", "false"],
    ["channel != 'C1'", "unknown"],
    ["relay.tag[region] == 'eu'", "false"],
    ["relay.tag[region] != 'eu'", "unknown"],
    ["arg[0] == arg[1]", "false"],
    ["user in []", "false"],
    ["user not in []", "unknown"],
    ["relay.tag[constructor] == 'x'", "false"],
    ["option[constructor] == 'x'", "false"],
    ["option['__proto__'] == 'x'", "false"],
  ]);
});

describe("options have one value, or several if they are lists", () => {
  const options = { env: ["prod"], force: ["false"], tags: ["a", "b"], count: ["5"], empty: [""] };
  specify({ options }, [
    ["option[env] == 'prod'", "true"],
    ["option['env'] in [prod, staging]", "true"],
    ["option[env] in [staging]", "false"],
    ["option[env] not in [staging]", "true"],
    ["option[force] == false", "true"],
    ["option[force] == true", "false"],
    ["option[force] != true", "true"],
    ["option[count] > 4", "true"],
    ["option[count] in [4, 5]", "true"],
    ["option[count] in ['a', 5]", "true"],
    ["option[count] in ['a', 6]", "false"],
    ["option[env] in ['a', 6]", "unknown"],
    ["option[env] in ['prod', 6]", "true"],
    ["option[env] not in ['prod', 6]", "false"],
    ["option[env] not in ['a', 6]", "unknown"],
    ["option[tags] == 'a'", "true"],
    ["option[tags] == 'c'", "false"],
    ["option[tags] != 'a'", "false"],
    ["option[tags] != 'c'", "true"],
    ["not option[tags] == 'a'", "false"],
    ["any option[tags] == 'b'", "true"],
    ["all option[tags] == 'b'", "false"],
    ["all option[tags] in [a, b, c]", "true"],
    ["any option[tags] != 'a'", "true"],
    ["all option[tags] != 'a'", "false"],
    ["not all option[tags] == 'a'", "true"],
    ["'a' in option[tags]", "true"],
    ["'c' in option[tags]", "false"],
    ["'c' not in option[tags]", "true"],
    ["option[empty] == ''", "true"],
    ["option[empty] == /^$/", "true"],
    ["option[empty] != 'x'", "true"],
    ["any option == 'prod'", "true"],
    ["any option == 'false'", "true"],
    ["all option == 'prod'", "false"],
    ["all option != 'c'", "true"],
    ["5 < option[count]", "false"],
    ["4 < option[count]", "true"],
  ]);
});

describe("any and all over arguments: a b 3", () => {
  specify({ arguments: ["a", "b", "3"] }, [
    ["any arg == 'a'", "true"],
    ["any arg == 'z'", "false"],
    ["any arg != 'a'", "true"],
    ["all arg != 'a'", "false"],
    ["all arg != 'z'", "true"],
    ["all arg in [a, b, '3']", "true"],
    ["all arg in [a, b, 3]", "true"],
    ["all arg in [a, b]", "false"],
    ["any arg in [z, b]", "true"],
    ["any arg not in [a, b]", "true"],
    ["all arg not in [y, z]", "true"],
    ["any arg == 3", "true"],
    ["any arg == 4", "unknown"],
    ["all arg == 3", "unknown"],
    ["all arg == 4", "false"],
    ["any arg > 2", "true"],
    ["all arg > 2", "unknown"],
    ["all arg > 3", "false"],
    ["any arg == /^[ab]$/", "true"],
    ["all arg == /^[ab]$/", "false"],
    ["all arg == /^[ab3]$/", "true"],
    ["any arg in [/^x/, /^b/]", "true"],
    ["arg == 'a'", "true"],
    ["arg == 'z'", "false"],
    ["arg != 'a'", "false"],
    ["arg != 'z'", "true"],
    ["not arg == 'a'", "false"],
    ["not arg != 'a'", "true"],
    ["not any arg == 'a'", "false"],
    ["not any arg == 'z'", "true"],
    ["not all arg == 'a'", "true"],
    ["'a' in arg", "true"],
    ["'z' not in arg", "true"],
    ["user in arg", "false"],
  ]);
});

describe("who asks, and from where", () => {
  specify({}, [
    ["user == 'alice'", "true"],
    ["user != 'alice'", "false"],
    ["user in [alice, bob]", "true"],
    ["user == /^al/", "true"],
    ["group == 'ops'", "true"],
    ["group == 'dev'", "true"],
    ["group == 'hr'", "false"],
    ["group != 'ops'", "false"],
    ["group != 'hr'", "true"],
    ["group in [hr, dev]", "true"],
    ["group not in [hr]", "true"],
    ["group not in [hr, dev]", "false"],
    ["any group in [hr, dev]", "true"],
    ["all group in [ops, dev]", "true"],
    ["all group in [ops]", "false"],
    ["'ops' in group", "true"],
    ["'hr' in group", "false"],
    ["role == 'deployer'", "true"],
    ["role == /^deploy/", "true"],
    ["channel == 'C1'", "true"],
    ["channel == 'releases'", "true"],
    ["channel == 'random'", "false"],
    ["channel != 'C1'", "false"],
    ["channel != 'releases'", "false"],
    ["channel != 'random'", "true"],
    ["channel in [random, releases]", "true"],
    ["channel not in [releases]", "false"],
    ["adapter == 'slack'", "true"],
    ["adapter in [discord, api]", "false"],
    ["relay.tag[region] == 'eu'", "true"],
    ["relay.tag['region'] in [us]", "false"],
    ["relay.tag[region] not in [us]", "true"],
    ["relay.tag[zone] == 'a'", "false"],
    ["user == group", "false"],
  ]);
});

describe("the clock of the workspace, Monday 14:30 UTC", () => {
  specify({}, [
    ["hour == 14", "true"],
    ["hour >= 9 and hour < 17", "true"],
    ["hour in [13, 14]", "true"],
    ["hour == '14'", "unknown"],
    ["weekday == 'monday'", "true"],
    ["weekday in [saturday, sunday]", "false"],
    ["weekday not in [saturday, sunday]", "true"],
  ]);
  describe("in Auckland it is Tuesday morning", () => {
    specify({ timeZone: "Pacific/Auckland" }, [
      ["hour == 2", "true"],
      ["weekday == 'tuesday'", "true"],
    ]);
  });
  describe("midnight is hour 0", () => {
    specify({ now: new Date("2024-05-06T00:10:00Z") }, [["hour == 0", "true"]]);
  });
  describe("in a zone that does not exist nothing is known", () => {
    specify({ timeZone: "Mars/Olympus" }, [
      ["hour == 14", "unknown"],
      ["hour != 14", "unknown"],
      ["weekday == 'monday'", "unknown"],
    ]);
  });
});

describe("patterns match anywhere unless anchored", () => {
  specify({ arguments: ["eu-prod-1", "a\nb"] }, [
    ["arg[0] == /prod/", "true"],
    ["arg[0] == /^prod/", "false"],
    ["arg[0] == /^eu.*[0-9]$/", "true"],
    ["arg[0] != /prod/", "false"],
    ["arg[0] != /^prod/", "true"],
    ["arg[0] == /PROD/", "false"],
    ["arg[0] == /(?i)PROD/", "true"],
    ["arg[0] in [/^us/, /prod/]", "true"],
    ["arg[0] not in [/^us/, /prod/]", "false"],
    ["arg[0] not in [/^us/]", "true"],
    ["arg[0] == //", "true"],
    ["arg[1] == /^b/", "false"],
    ["arg[1] == /a.b/", "false"],
    ["hour == /1/", "unknown"],
    ["true == /t/", "unknown"],
  ]);
});

describe("what is not known is unknown, unless the rest settles it", () => {
  const options = { env: null, force: ["true"] };
  specify({ arguments: ["a", null], options, relayTags: null }, [
    ["arg[0] == 'a'", "true"],
    ["arg[1] == 'a'", "unknown"],
    ["arg[1] != 'a'", "unknown"],
    ["arg[2] == 'a'", "false"],
    ["any arg == 'a'", "true"],
    ["any arg == 'b'", "unknown"],
    ["all arg == 'a'", "unknown"],
    ["all arg == 'b'", "false"],
    ["all arg != 'a'", "false"],
    ["'a' in arg", "true"],
    ["'b' in arg", "unknown"],
    ["option[env] == 'prod'", "unknown"],
    ["option[env] in []", "false"],
    ["not option[env] == 'prod'", "unknown"],
    ["option[force] == true", "true"],
    ["any option == true", "true"],
    ["all option == true", "unknown"],
    ["option[other] == 'x'", "false"],
    ["relay.tag[region] == 'eu'", "unknown"],
    ["relay.tag[region] != 'eu'", "unknown"],
    ["arg[1] == option[env]", "unknown"],
    ["arg[1] == arg[1]", "unknown"],
    ["arg[1] < 5", "unknown"],
    ["5 < arg[1]", "unknown"],
    ["arg[1] == arg[9]", "false"],
    ["arg[1] == 'a' and user == 'alice'", "unknown"],
    ["arg[1] == 'a' and user == 'bob'", "false"],
    ["arg[1] == 'a' or user == 'alice'", "true"],
    ["arg[1] == 'a' or user == 'bob'", "unknown"],
    ["not (arg[1] == 'a' or user == 'alice')", "false"],
    ["not (arg[1] == 'a' and user == 'bob')", "true"],
  ]);
  describe("before anything is typed", () => {
    specify({ arguments: null, options: null }, [
      ["arg[0] == 'a'", "unknown"],
      ["any arg == 'a'", "unknown"],
      ["all arg == 'a'", "unknown"],
      ["not any arg == 'a'", "unknown"],
      ["option[x] == 'a'", "unknown"],
      ["any option == 'a'", "unknown"],
      ["user in arg", "unknown"],
      ["user == 'alice'", "true"],
      ["arg[0] < 5", "unknown"],
      ["5 < arg[0]", "unknown"],
    ]);
  });
});

describe("and, or, not", () => {
  const [yes, no, unsure] = ["user == 'alice'", "user == 'bob'", "user == 5"];
  specify({}, [
    [yes, "true"],
    [no, "false"],
    [unsure, "unknown"],
    [`${yes} and ${yes}`, "true"],
    [`${yes} and ${no}`, "false"],
    [`${yes} and ${unsure}`, "unknown"],
    [`${no} and ${unsure}`, "false"],
    [`${unsure} and ${unsure}`, "unknown"],
    [`${yes} or ${no}`, "true"],
    [`${yes} or ${unsure}`, "true"],
    [`${no} or ${no}`, "false"],
    [`${no} or ${unsure}`, "unknown"],
    [`not ${yes}`, "false"],
    [`not ${no}`, "true"],
    [`not ${unsure}`, "unknown"],
    [`not (${yes} and ${no})`, "true"],
    [`not (${yes} or ${no})`, "false"],
    [`not (${no} or ${unsure})`, "unknown"],
    [`not (${no} and ${unsure})`, "true"],
    [`${yes} or ${no} and ${no}`, "true"],
    [`(${yes} or ${no}) and ${no}`, "false"],
    [`not ${no} and ${no}`, "false"],
    [`not not ${yes}`, "true"],
  ]);
});
