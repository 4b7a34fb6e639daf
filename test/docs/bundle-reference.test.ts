import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { z } from "zod";
import { bundleJsonSchema } from "../../bot/bundles/json-schema.ts";
import { readPage } from "./markdown.ts";

const { text } = readPage("docs/bundle-reference.md");
const schema = bundleJsonSchema();
const COMMAND = ["properties", "commands", "additionalProperties"];
/** Accepted for Gort's sake, and told in a section of their own. */
const GORTS = ["docker", "enabled", "input", "kubernetes", "output"];

const PLACES = [
  { section: "Of the bundle", path: [], inner: { relay: "relay.selector" } },
  { section: "A command", path: COMMAND, inner: { relay: "relay.selector" } },
  {
    section: "An option",
    path: [...COMMAND, "properties", "options", "additionalProperties"],
    inner: {},
  },
  { section: "An argument", path: [...COMMAND, "properties", "arguments", "items"], inner: {} },
  { section: "Limits", path: ["properties", "limits"], inner: {} },
  {
    section: "A selector",
    path: ["properties", "relay", "properties", "selector"],
    inner: {},
  },
];

const Keys = z.object({ properties: z.record(z.string(), z.unknown()) });
const Inner = z.record(z.string(), z.unknown());

describe.each(PLACES)("$section", ({ section, path, inner }) => {
  test("has every key that the schema knows, and no other", () => {
    const rows = [...sectionOf(section).matchAll(/^\| `([\w.]+)` \|/gm)].map(([, key]) => key);
    const names: Readonly<Record<string, string | undefined>> = inner;
    const keys = keysAt(path).map((key) => names[key] ?? key);

    assert.deepEqual(rows.toSorted(), keys.filter((key) => !isGorts(section, key)).toSorted());
  });
});

test("Gort's own keys are told in their section", () => {
  const gort = sectionOf("Gort's files");

  for (const key of GORTS) assert.match(gort, new RegExp(`\`${key}\\b`));
});

function isGorts(section: string, key: string): boolean {
  return GORTS.includes(key) && section !== "Limits";
}

function sectionOf(title: string): string {
  return text.split(`## ${title}\n`)[1]?.split(/^## /m)[0] ?? "";
}

function keysAt(path: readonly string[]): string[] {
  const found = path.reduce<unknown>((part, step) => Inner.parse(part)[step], schema);
  return Object.keys(Keys.parse(found).properties);
}
