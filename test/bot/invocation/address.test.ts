import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import { type Address, addressOf } from "../../../bot/invocation/address.ts";
import { RUNS, RUNS_TIMEOUT_MS } from "../rules/rule-facts.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

const forms = { prefix: "!", mentions: ["@aldis", "<@U1>", "/aldis"], isDirect: false };

/** `certain web:deploy |rest` or `perhaps deploy |rest`. */
function show(text: string, address: Address): string {
  if (address.kind === "malformed") return `malformed ${address.word}@${address.position}`;
  if (address.kind !== "command") return address.kind;
  const name =
    address.bundle === undefined ? address.command : `${address.bundle}:${address.command}`;
  return `${address.isCertain ? "certain" : "perhaps"} ${name} |${text.slice(address.rest)}`;
}

type Row = readonly [text: string, expected: string];

function specify(rows: readonly Row[], given: Partial<typeof forms> = {}): void {
  test.each(rows)("%j: %s", (text, expected) => {
    assert.equal(show(text, addressOf(text, { ...forms, ...given })), expected);
  });
}

describe("L01 a line that starts with the prefix and a name is meant for the bot", () => {
  specify([
    ["!web:deploy prod", "certain web:deploy | prod"],
    ["!deploy prod", "perhaps deploy | prod"],
    ["  !deploy", "perhaps deploy |"],
    ["!deploy\nprod", "perhaps deploy |\nprod"],
    ["!a-b_c:d-1", "certain a-b_c:d-1 |"],
  ]);

  describe("the prefix is whatever the workspace says", () => {
    specify([["aldis deploy x", "perhaps deploy | x"]], { prefix: "aldis " });
    specify([["..deploy", "perhaps deploy |"]], { prefix: ".." });
    specify([["!deploy", "none"]], { prefix: ".." });
    specify([["deploy", "none"]], { prefix: "" });
  });
});

describe("L02 so is one that starts with a mention or a slash command", () => {
  specify([
    ["@aldis web:deploy prod", "certain web:deploy | prod"],
    ["@aldis deploy", "certain deploy |"],
    ["@Aldis deploy", "certain deploy |"],
    ["@aldis: deploy", "certain deploy |"],
    ["@aldis, deploy", "certain deploy |"],
    ["@aldis !deploy x", "certain deploy | x"],
    ["<@U1> deploy x", "certain deploy | x"],
    ["/aldis web:deploy x", "certain web:deploy | x"],
  ]);
});

describe("L03 in a direct message every line is meant for the bot", () => {
  specify(
    [
      ["deploy prod", "certain deploy | prod"],
      ["Deploy prod", "certain deploy | prod"],
      ["!deploy prod", "certain deploy | prod"],
      ["@aldis deploy", "certain deploy |"],
      ["web:deploy", "certain web:deploy |"],
      ["", "empty"],
      ["!", "empty"],
      ["¿qué?", "malformed ¿qué?@0"],
    ],
    { isDirect: true },
  );
});

describe("L04 any other line is left alone", () => {
  specify([
    ["hello", "none"],
    ["", "none"],
    ["   ", "none"],
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
    ["@aldisfoo deploy", "none"],
    ["@aldi deploy", "none"],
    ["hi @aldis deploy", "none"],
  ]);
});

describe("L05 names are read without regard to capitals", () => {
  specify([
    ["!Web:Deploy Prod", "certain web:deploy | Prod"],
    ["!DEPLOY", "perhaps deploy |"],
  ]);
});

describe("L06 a mention without the name of a command is seen as such", () => {
  specify([
    ["@aldis", "empty"],
    ["@aldis  ", "empty"],
    ["@aldis !", "empty"],
    ["@aldis what's up?", "malformed what's@7"],
    ["@aldis 'deploy'", "malformed 'deploy'@7"],
  ]);
});

test("L82 no text makes it throw", () => {
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
