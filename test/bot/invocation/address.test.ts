import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { type Address, addressOf } from "../../../bot/invocation/address.ts";
import { RUNS } from "../rules/rule-facts.ts";

const forms = { prefix: "!", mentions: ["@aldis", "<@U1>", "/aldis"], isDirect: false };

/** `certain web:deploy |rest` or `perhaps deploy |rest`. */
function show(text: string, address: Address): string {
  if (address.kind === "malformed") return `malformed ${address.word}@${address.position}`;
  if (address.kind !== "command") return address.kind;
  const name =
    address.bundle === undefined ? address.command : `${address.bundle}:${address.command}`;
  return `${address.isCertain ? "certain" : "perhaps"} ${name} |${text.slice(address.rest)}`;
}

describe("in a channel the bot listens to its prefix and its name", () => {
  test.each([
    ["hello", "none"],
    ["", "none"],
    ["   ", "none"],
    ["!web:deploy prod", "certain web:deploy | prod"],
    ["!deploy prod", "perhaps deploy | prod"],
    ["  !deploy", "perhaps deploy |"],
    ["!deploy\nprod", "perhaps deploy |\nprod"],
    ["!Web:Deploy Prod", "certain web:deploy | Prod"],
    ["!a-b_c:d-1", "certain a-b_c:d-1 |"],
    ["!", "none"],
    ["! deploy", "none"],
    ["!!", "none"],
    ["!!!", "none"],
    ["!?", "none"],
    ["!1", "none"],
    ["!important: read this", "none"],
    ["!a:b:c", "none"],
    ["!deploy!", "none"],
    ["say !deploy", "none"],
    ["@aldis web:deploy prod", "certain web:deploy | prod"],
    ["@aldis deploy", "certain deploy |"],
    ["@Aldis deploy", "certain deploy |"],
    ["@aldis: deploy", "certain deploy |"],
    ["@aldis, deploy", "certain deploy |"],
    ["@aldis !deploy x", "certain deploy | x"],
    ["<@U1> deploy x", "certain deploy | x"],
    ["/aldis web:deploy x", "certain web:deploy | x"],
    ["@aldis", "empty"],
    ["@aldis  ", "empty"],
    ["@aldis !", "empty"],
    ["@aldis what's up?", "malformed what's@7"],
    ["@aldis 'deploy'", "malformed 'deploy'@7"],
    ["@aldisfoo deploy", "none"],
    ["@aldi deploy", "none"],
    ["hi @aldis deploy", "none"],
  ])("%j: %s", (text, expected) => assert.equal(show(text, addressOf(text, forms)), expected));
});

describe("in a direct message everything is meant for the bot", () => {
  test.each([
    ["deploy prod", "certain deploy | prod"],
    ["Deploy prod", "certain deploy | prod"],
    ["!deploy prod", "certain deploy | prod"],
    ["@aldis deploy", "certain deploy |"],
    ["web:deploy", "certain web:deploy |"],
    ["", "empty"],
    ["!", "empty"],
    ["¿qué?", "malformed ¿qué?@0"],
  ])("%j: %s", (text, expected) => {
    assert.equal(show(text, addressOf(text, { ...forms, isDirect: true })), expected);
  });
});

describe("the prefix is whatever the configuration says", () => {
  test.each([
    ["aldis ", "aldis deploy x", "perhaps deploy | x"],
    ["..", "..deploy", "perhaps deploy |"],
    ["..", "!deploy", "none"],
    ["", "deploy", "none"],
  ])("%j %j: %s", (prefix, text, expected) => {
    assert.equal(show(text, addressOf(text, { ...forms, prefix })), expected);
  });
});

test("no text makes it throw", () => {
  const typed = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc
      .array(fc.constantFrom("!", "@aldis", " ", "a", ":", ",", "İ"))
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(typed, fc.boolean(), (text, isDirect) => {
      const address = addressOf(text, { ...forms, isDirect });
      if (address.kind === "command") assert.ok(address.rest <= text.length);
    }),
    RUNS,
  );
});
