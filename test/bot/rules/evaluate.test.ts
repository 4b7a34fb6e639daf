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

const OPTIONS = {
  env: ["prod"],
  force: ["false"],
  tags: ["a", "b"],
  count: ["5"],
  empty: [""],
} as const;

describe("R20 arg[0] is an argument: prod x", () => {
  specify({ arguments: ["prod", "x"] }, [
    ["arg[0] == 'prod'", "true"],
    ["arg[0] == 'x'", "false"],
    ["arg[1] == 'x'", "true"],
    ["'prod' == arg[0]", "true"],
    ["arg[0] == arg[0]", "true"],
    ["arg[0] == arg[1]", "false"],
    ["arg[2] == 'x'", "false"],
    ["arg[9999] == 'x'", "false"],
  ]);
});

describe("R21 arg is all arguments, as a list: a b 3", () => {
  specify({ arguments: ["a", "b", "3"] }, [
    ["any arg == 'a'", "true"],
    ["any arg == 'z'", "false"],
    ["'a' in arg", "true"],
    ["'z' in arg", "false"],
    ["'z' not in arg", "true"],
    ["3 in arg", "true"],
    ["user in arg", "false"],
  ]);
});

describe("R22 option[name] is the value of an option, or several of a list", () => {
  specify({ options: OPTIONS }, [
    ["option[env] == 'prod'", "true"],
    ["option['env'] in [prod, staging]", "true"],
    ["option[env] in [staging]", "false"],
    ["option[env] not in [staging]", "true"],
    ["option[force] == false", "true"],
    ["option[force] == true", "false"],
    ["option[force] != true", "true"],
    ["option[count] > 4", "true"],
    ["5 < option[count]", "false"],
    ["4 < option[count]", "true"],
    ["option[empty] == ''", "true"],
    ["option[empty] == /^$/", "true"],
    ["option[empty] != 'x'", "true"],
    ["'a' in option[tags]", "true"],
    ["'c' in option[tags]", "false"],
    ["'c' not in option[tags]", "true"],
  ]);
});

describe("R23 option is the values of all options, as a list", () => {
  specify({ options: OPTIONS }, [
    ["any option == 'prod'", "true"],
    ["any option == 'false'", "true"],
    ["any option == 'b'", "true"],
    ["all option == 'prod'", "false"],
    ["all option != 'c'", "true"],
    ["'prod' in option", "true"],
  ]);
});

describe("R24 user is the name of the Aldis user", () => {
  specify({}, [
    ["user == 'alice'", "true"],
    ["user == 'Alice'", "false"],
    ["user != 'alice'", "false"],
    ["user in [alice, bob]", "true"],
    ["user == /^al/", "true"],
  ]);
});

describe("R25 group is the names of the user's groups: ops dev", () => {
  specify({}, [
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
    ["user == group", "false"],
  ]);
});

describe("R26 role is the names of the user's roles: deployer", () => {
  specify({}, [
    ["role == 'deployer'", "true"],
    ["role == /^deploy/", "true"],
    ["role != 'deployer'", "false"],
    ["'owner' in role", "false"],
  ]);
});

describe("R27 channel is its id, or the name that it is registered under: C1, releases", () => {
  specify({}, [
    ["channel == 'C1'", "true"],
    ["channel == 'releases'", "true"],
    ["channel == 'random'", "false"],
    ["channel != 'C1'", "false"],
    ["channel != 'releases'", "false"],
    ["channel != 'random'", "true"],
    ["channel in [random, releases]", "true"],
    ["channel not in [releases]", "false"],
  ]);
  describe("without a name it is the id alone", () => {
    specify({ channel: { id: "C1" } }, [
      ["channel == 'C1'", "true"],
      ["channel != 'releases'", "true"],
    ]);
  });
});

describe("R28 adapter is where it was typed: slack", () => {
  specify({}, [
    ["adapter == 'slack'", "true"],
    ["adapter in [discord, api]", "false"],
    ["adapter not in [console]", "true"],
  ]);
});

describe("R29 hour is that of the workspace's time zone: 14:30 UTC", () => {
  specify({}, [
    ["hour == 14", "true"],
    ["hour >= 9 and hour < 17", "true"],
    ["hour in [13, 14]", "true"],
    ["hour > 14", "false"],
  ]);
  describe("in Auckland it is two in the morning", () => {
    specify({ timeZone: "Pacific/Auckland" }, [["hour == 2", "true"]]);
  });
  describe("midnight is hour 0", () => {
    specify({ now: new Date("2024-05-06T00:10:00Z") }, [["hour == 0", "true"]]);
  });
});

describe("R30 weekday is that of the workspace's time zone: Monday", () => {
  specify({}, [
    ["weekday == 'monday'", "true"],
    ["weekday in [saturday, sunday]", "false"],
    ["weekday not in [saturday, sunday]", "true"],
  ]);
  describe("in Auckland it is Tuesday", () => {
    specify({ timeZone: "Pacific/Auckland" }, [["weekday == 'tuesday'", "true"]]);
  });
});

describe("R31 relay.tag is a tag of the relay: region=eu", () => {
  specify({}, [
    ["relay.tag[region] == 'eu'", "true"],
    ["relay.tag['region'] in [us]", "false"],
    ["relay.tag[region] not in [us]", "true"],
    ["relay.tag[zone] == 'a'", "false"],
  ]);
});

describe("R40 texts are compared exactly, and numbers by value: prod 1.10 3 -2.5", () => {
  specify({ arguments: ["prod", "1.10", "3", "-2.5"] }, [
    ["arg[0] == 'prod'", "true"],
    ["arg[0] == 'Prod'", "false"],
    ["arg[0] == ' prod'", "false"],
    ["arg[0] != 'prod'", "false"],
    ["arg[0] != 'staging'", "true"],
    ["arg[1] == 1.10", "true"],
    ["arg[1] == 1.1", "true"],
    ["arg[1] == '1.1'", "false"],
    ["arg[1] == '1.10'", "true"],
    ["arg[2] == 3", "true"],
    ["arg[2] == 3.0", "true"],
    ["arg[3] == -2.50", "true"],
  ]);
});

describe("R41 numbers have an order: 3 -2.5", () => {
  specify({ arguments: ["3", "-2.5"] }, [
    ["arg[0] <= 3", "true"],
    ["arg[0] < 3", "false"],
    ["arg[0] >= 3", "true"],
    ["arg[0] > 3", "false"],
    ["not arg[0] > 3", "true"],
    ["arg[1] < 0", "true"],
    ["arg[1] > -3", "true"],
    ["arg[0] > arg[1]", "true"],
  ]);
});

describe("R42 numbers are compared exactly, however many digits they have", () => {
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

describe("R43 in asks whether a value is equal to one of a list", () => {
  specify({ options: OPTIONS }, [
    ["option[count] in [4, 5]", "true"],
    ["option[count] in [4, 6]", "false"],
    ["option[count] in ['a', 5]", "true"],
    ["option[count] in ['a', 6]", "false"],
    ["option[env] in ['a', 6]", "unknown"],
    ["option[env] in ['prod', 6]", "true"],
    ["option[env] not in ['prod', 6]", "false"],
    ["option[env] not in ['a', 6]", "unknown"],
    ["'ops' in group", "true"],
    ["'hr' not in group", "true"],
  ]);
});

describe("R44 a pattern is found anywhere in the text, unless it is anchored", () => {
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
  ]);
});

test("R45 a pattern takes time linear in the length of the text", () => {
  const rule = ruleOf("with arg[0] == /^(a+)+$/ allow");
  const facts = factsWith({ arguments: [`${"a".repeat(60_000)}b`] });

  // Backtracking would take ages for thirty characters.
  assert.equal(outcomeOf(evaluate(rule.condition, facts)), "false");
});

describe("R46 any asks for one of a list, all for each: a b 3", () => {
  specify({ arguments: ["a", "b", "3"] }, [
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
    ["not any arg == 'a'", "false"],
    ["not any arg == 'z'", "true"],
    ["not all arg == 'a'", "true"],
  ]);
  describe("of an option that is a list", () => {
    specify({ options: OPTIONS }, [
      ["any option[tags] == 'b'", "true"],
      ["all option[tags] == 'b'", "false"],
      ["all option[tags] in [a, b, c]", "true"],
      ["any option[tags] != 'a'", "true"],
      ["all option[tags] != 'a'", "false"],
      ["not all option[tags] == 'a'", "true"],
    ]);
  });
});

describe("R47 without a quantifier == means any, and != all: a b 3", () => {
  specify({ arguments: ["a", "b", "3"], options: OPTIONS }, [
    ["arg == 'a'", "true"],
    ["arg == 'z'", "false"],
    ["arg != 'a'", "false"],
    ["arg != 'z'", "true"],
    ["not arg == 'a'", "false"],
    ["not arg != 'a'", "true"],
    ["arg in [b]", "true"],
    ["arg not in [b]", "false"],
    ["arg > 2", "true"],
    ["option[tags] == 'a'", "true"],
    ["option[tags] == 'c'", "false"],
    ["option[tags] != 'a'", "false"],
    ["option[tags] != 'c'", "true"],
    ["not option[tags] == 'a'", "false"],
  ]);
});

describe("R50 what was typed is text, and a number or a truth only if written like one", () => {
  specify({ arguments: ["prod", "1.10", "007", "true", "TRUE", "1e3", ".5", "+1", ""] }, [
    ["arg[0] == 5", "unknown"],
    ["arg[0] != 5", "unknown"],
    ["not arg[0] == 5", "unknown"],
    ["arg[0] == true", "unknown"],
    ["arg[0] < 5", "unknown"],
    ["not arg[0] < 5", "unknown"],
    ["arg[1] < 2", "true"],
    ["arg[1] < arg[0]", "unknown"],
    ["arg[2] == 7", "unknown"],
    ["arg[2] == '007'", "true"],
    ["arg[2] > 1", "unknown"],
    ["arg[3] == true", "true"],
    ["arg[3] == false", "false"],
    ["arg[3] != false", "true"],
    ["arg[3] == 'true'", "true"],
    ["arg[4] == true", "unknown"],
    ["arg[4] == 'TRUE'", "true"],
    ["arg[5] == 1000", "unknown"],
    ["arg[6] < 1", "unknown"],
    ["arg[7] == 1", "unknown"],
    ["arg[8] == 0", "unknown"],
    ["arg[8] == ''", "true"],
    ["arg[0] == user", "false"],
  ]);
});

describe("R51 values that cannot be compared make it unknown, negated or not", () => {
  specify({}, [
    ["user == 5", "unknown"],
    ["user != 5", "unknown"],
    ["not user == 5", "unknown"],
    ["not user != 5", "unknown"],
    ["user < 5", "unknown"],
    ["user == true", "unknown"],
    ["hour == '14'", "unknown"],
    ["hour == /1/", "unknown"],
    ["true == /t/", "unknown"],
    ["5 == true", "unknown"],
    ["user in [5]", "unknown"],
    ["user not in [5]", "unknown"],
  ]);
});

describe("R52 what is absent makes a comparison false, and a negated one unknown", () => {
  specify({ arguments: [], options: {}, groups: [], channel: undefined, relayTags: {} }, [
    ["arg[0] == 'x'", "false"],
    ["arg[0] != 'x'", "unknown"],
    ["not arg[0] == 'x'", "unknown"],
    ["not arg[0] != 'x'", "false"],
    ["not not arg[0] == 'x'", "false"],
    ["not not arg[0] != 'x'", "unknown"],
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
    ["channel == 'C1'", "false"],
    ["channel != 'C1'", "unknown"],
    ["relay.tag[region] == 'eu'", "false"],
    ["relay.tag[region] != 'eu'", "unknown"],
    ["relay.tag[constructor] == 'x'", "false"],
    ["arg[0] == arg[1]", "false"],
    ["arg[0] == 5", "false"],
    ["option[constructor] == 'x'", "false"],
    ["option['__proto__'] == 'x'", "false"],
  ]);
});

describe("R53 an empty list counts as absent", () => {
  specify({ arguments: [], options: {}, groups: [] }, [
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
    ["user in []", "false"],
    ["user not in []", "unknown"],
    ["not user in []", "unknown"],
  ]);
});

describe("R54 not is first moved inwards, to the comparisons", () => {
  const [yes, no, absent] = ["user == 'alice'", "user == 'bob'", "arg[0] == 'x'"];
  specify({ arguments: [] }, [
    [`not (${no} or ${absent})`, "unknown"],
    [`not (${yes} or ${absent})`, "false"],
    [`not (${no} and ${absent})`, "true"],
    [`not (${yes} and ${absent})`, "unknown"],
    [`not (${yes} and not ${absent})`, "false"],
    [`not not ${absent}`, "false"],
    [`not (not ${absent} or ${no})`, "false"],
  ]);
});

describe("R55 and, or and not in three values", () => {
  const [yes, no, unsure] = ["user == 'alice'", "user == 'bob'", "user == 5"];
  specify({}, [
    [yes, "true"],
    [no, "false"],
    [unsure, "unknown"],
    [`${yes} and ${yes}`, "true"],
    [`${yes} and ${no}`, "false"],
    [`${yes} and ${unsure}`, "unknown"],
    [`${no} and ${no}`, "false"],
    [`${no} and ${unsure}`, "false"],
    [`${unsure} and ${no}`, "false"],
    [`${unsure} and ${unsure}`, "unknown"],
    [`${yes} or ${yes}`, "true"],
    [`${yes} or ${no}`, "true"],
    [`${yes} or ${unsure}`, "true"],
    [`${unsure} or ${yes}`, "true"],
    [`${no} or ${no}`, "false"],
    [`${no} or ${unsure}`, "unknown"],
    [`${unsure} or ${unsure}`, "unknown"],
    [`not ${yes}`, "false"],
    [`not ${no}`, "true"],
    [`not ${unsure}`, "unknown"],
    [`not (${yes} and ${no})`, "true"],
    [`not (${yes} or ${no})`, "false"],
    [`not (${no} or ${unsure})`, "unknown"],
    [`not (${no} and ${unsure})`, "true"],
    [`not not ${yes}`, "true"],
  ]);
});

describe("R05 not binds tighter than and, and tighter than or", () => {
  const [yes, no] = ["user == 'alice'", "user == 'bob'"];
  specify({}, [
    [`${yes} or ${no} and ${no}`, "true"],
    [`(${yes} or ${no}) and ${no}`, "false"],
    [`${no} and ${no} or ${yes}`, "true"],
    [`not ${no} and ${no}`, "false"],
    [`not (${no} and ${no})`, "true"],
    [`not ${yes} or ${yes}`, "true"],
  ]);
});

describe("R56 what is not known makes it unknown, unless the rest settles it", () => {
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
});

describe("R58 relay.tag is unknown while no relay is chosen", () => {
  specify({ relayTags: null }, [
    ["relay.tag[region] == 'eu'", "unknown"],
    ["relay.tag[region] != 'eu'", "unknown"],
    ["not relay.tag[region] == 'eu'", "unknown"],
    ["relay.tag[region] == 'eu' or user == 'alice'", "true"],
    ["relay.tag[region] == 'eu' and user == 'bob'", "false"],
  ]);
});

describe("R59 in a time zone that does not exist nothing is known", () => {
  specify({ timeZone: "Mars/Olympus" }, [
    ["hour == 14", "unknown"],
    ["hour != 14", "unknown"],
    ["weekday == 'monday'", "unknown"],
  ]);
});

describe("R78 before anything is typed arguments and options are unknown", () => {
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
