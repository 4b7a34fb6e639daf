import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { nearest } from "../../../relay/process/nearest.ts";

const known = ["options", "description", "executable", "rules", "relay", "limits"];

test.each([
  ["optoins", "options"],
  ["Options", "options"],
  ["option", "options"],
  ["desription", "description"],
  ["executeable", "executable"],
  ["rule", "rules"],
  ["rulse", "rules"],
  ["rellay", "relay"],
  ["templates", undefined],
  ["x", undefined],
  ["", undefined],
])("%s: %s", (word, expected) => {
  assert.equal(nearest(word, known), expected);
});

test("of several the nearest wins, then the first", () => {
  assert.equal(nearest("stagin", ["stagings", "staging"]), "staging");
  assert.equal(nearest("abcx", ["abca", "abcb"]), "abca");
});

test("a word that is known is its own suggestion", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 2 }), fc.array(fc.string()), (word, others) => {
      assert.equal(nearest(word, [word, ...others])?.toLowerCase(), word.toLowerCase());
    }),
  );
});
