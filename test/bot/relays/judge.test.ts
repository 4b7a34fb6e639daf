import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { compareVerdicts, type Judged, judge, type Wish } from "../../../bot/relays/judge.ts";
import { wordsForObstacle } from "../../../bot/relays/judge-words.ts";
import { anyRelay, matches, mergeSelectors } from "../../../relay/wire/selector.ts";
import { CONTAINERS, DRAINING, relayWith, selectorFrom, wishFor } from "./small-relay.ts";

function saidOf(relay: Judged, wish: Wish): string[] {
  return judge(relay, wish).obstacles.map(wordsForObstacle);
}

describe("of a relay with env=prod and role=web, 1 of 4 running, that runs native commands", () => {
  test.each<[wish: string, said: string[]]>([
    ["", []],
    ["env=prod", []],
    ["env in (dev prod),role,!drained,!env=dev", []],
    ["~env=dev", []],
    ["env=dev", ["has env=prod, and env=dev is asked for"]],
    ["env in (dev test)", ["has env=prod, and env in (dev test) is asked for"]],
    ["zone=a", ["has no tag zone, and zone=a is asked for"]],
    ["!env=prod", ["has env=prod, and !env=prod is asked for"]],
    ["!role", ["has role=web, and !role is asked for"]],
    ["gpu", ["has no tag gpu, and gpu is asked for"]],
    [
      "env=dev,zone=a",
      ["has env=prod, and env=dev is asked for", "has no tag zone, and zone=a is asked for"],
    ],
    ["constructor", ["has no tag constructor, and constructor is asked for"]],
  ])("%j is met but for %j", (text, said) => {
    assert.deepEqual(saidOf(relayWith(), wishFor(text)), said);
  });
});

describe("of what it is at the moment", () => {
  test.each<[change: Partial<Judged>, said: string[]]>([
    [{}, []],
    [{ state: "suspended" }, ["is suspended"]],
    [{ isReachable: false }, ["is unreachable"]],
    [{ presence: undefined }, ["is unreachable"]],
    [{ epoch: null }, ["is unreachable"]],
    [{ isReachable: false, load: 4 }, ["is unreachable"]],
    [{ presence: DRAINING }, ["is draining"]],
    [{ presence: DRAINING, load: 4 }, ["is draining", "is full (4 of 4)"]],
    [{ load: 3 }, []],
    [{ load: 4 }, ["is full (4 of 4)"]],
    [{ load: 9 }, ["is full (4 of 4)"]],
    [{ presence: CONTAINERS }, ["runs no native commands"]],
    [{ presence: CONTAINERS, isReachable: false }, ["runs no native commands", "is unreachable"]],
  ])("%j: %j", (change, said) => {
    assert.deepEqual(saidOf(relayWith(change), wishFor("env=prod")), said);
  });
});

describe("of what is asked besides", () => {
  test.each<[change: Partial<Wish>, said: string[]]>([
    [{ native: false }, ["has no container engine"]],
    [{ policy: selectorFrom("env=prod") }, []],
    [
      { policy: selectorFrom("env=dev") },
      ["is excluded by the workspace's policy: has env=prod, and env=dev is asked for"],
    ],
    [{ mayRunOn: () => true }, []],
    [
      { mayRunOn: ({ env }) => env !== "prod" },
      ["is one where the rules of the command do not let it run"],
    ],
    [{ wasRefusedBy: ({ id }) => id === "web-1" }, ["did not take it just now"]],
  ])("%j: %j", (change, said) => {
    assert.deepEqual(saidOf(relayWith(), wishFor("role=web", change)), said);
  });

  test("whatever the runtime, where it is not known which it needs", () => {
    const wish = { selector: anyRelay() };

    assert.deepEqual(saidOf(relayWith({ presence: CONTAINERS }), wish), []);
  });

  test("the rules are not asked about a relay that lacks a tag", () => {
    let asked = 0;
    const mayRunOn = () => asked++ < 0;

    judge(relayWith(), wishFor("env=dev", { mayRunOn }));

    assert.equal(asked, 0);
  });
});

describe("the order", () => {
  const other = { load: 2, presence: { draining: false, capacity: 8, runtimes: ["native"] } };

  test.each<[text: string, first: Partial<Judged>, second: Partial<Judged>]>([
    ["", { load: 0 }, { load: 1 }],
    ["", other, { load: 2 }],
    ["~zone=a", { tags: { zone: "a" }, load: 3 }, { tags: { zone: "b" }, load: 0 }],
    [
      "~zone=a,~disk=ssd",
      { tags: { zone: "a", disk: "ssd" }, load: 3 },
      { tags: { zone: "a", disk: "hdd" }, load: 0 },
    ],
    ["~zone=a", { tags: { zone: "a" }, load: 1 }, { tags: { zone: "a" }, load: 2 }],
  ])("%j asks %j before %j", (text, first, second) => {
    const [better, worse] = [first, second].map((relay) => judge(relayWith(relay), wishFor(text)));

    assert.ok(better && worse && compareVerdicts(better, worse) < 0);
    assert.ok(compareVerdicts(worse, better) > 0);
  });
});

const names = fc.constantFrom("a", "b", "c");
const values = fc.dictionary(names, fc.uniqueArray(fc.constantFrom("x", "y", "z")), {
  noNullPrototype: true,
});
const selectors = fc.record(
  { tags: values, not: values, exists: fc.uniqueArray(names), absent: fc.uniqueArray(names) },
  { noNullPrototype: true },
);
const tagSets = fc.dictionary(names, fc.constantFrom("x", "y", "z"), { noNullPrototype: true });

test("a tag stands in the way exactly where the selector does not match", () => {
  fc.assert(
    fc.property(selectors, selectors, tagSets, (own, asked, tags) => {
      const [selector, policy] = [own, asked].map((each) => ({ ...anyRelay(), ...each }));
      assert.ok(selector && policy);

      const { obstacles } = judge(relayWith({ tags }), { selector, policy });

      assert.equal(obstacles.length === 0, matches(mergeSelectors(selector, policy), tags));
      const has = (kind: string) => obstacles.some((each) => each.kind === kind);
      assert.equal(!has("tag"), matches(selector, tags));
      assert.equal(!has("policy"), matches(policy, tags));
    }),
  );
});
