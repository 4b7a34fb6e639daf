import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "vitest";
import { exactNumber } from "../../../bot/invocation/exact-number.ts";

const cases: readonly (readonly [text: string, number | undefined])[] = [
  ["0", 0],
  ["-5", -5],
  ["1.10", 1.1],
  ["100", 100],
  ["0.000000001", 1e-9],
  ["1000000000000000000000", 1e21],
  ["9007199254740992", 2 ** 53],
  ["9007199254740993", undefined],
  ["12345678901234567890", undefined],
  ["0.1000000000000000055511151231257827", undefined],
  [`1${"0".repeat(400)}`, undefined],
  [`0.${"0".repeat(400)}1`, undefined],
];

test("a text is a number only where it is exactly that number", () => {
  for (const [text, expected] of cases) assert.equal(exactNumber(text), expected, text);
});

test("a whole number is exact if and only if a double holds it", () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 25n), 10n ** 25n), (value) => {
      const number = exactNumber(String(value));

      if (number === undefined) assert.notEqual(decimalOf(Number(value)), value);
      else assert.equal(decimalOf(number), value);
    }),
  );
});

/** What a reader of JSON sees, who takes the digits as they stand. */
function decimalOf(value: number): bigint {
  const [mantissa = "", exponent = "0"] = String(value).split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  return BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
}
