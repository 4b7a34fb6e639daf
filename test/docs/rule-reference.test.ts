import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { parseRule } from "../../bot/rules/parse.ts";
import { readPages } from "./markdown.ts";

const rules = readPages().flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === "rules")
    .flatMap(({ text }) => text.trimEnd().split("\n"))
    .map((rule) => ({ path, rule })),
);

test("there are rules in the pages", () => assert.ok(rules.length > 5));

describe.each(rules)("$path: $rule", ({ rule }) => {
  test("is a rule", () => {
    const parsed = parseRule(rule, "web:deploy");

    assert.ok(parsed.ok, parsed.ok ? "" : parsed.problem.message);
  });
});
