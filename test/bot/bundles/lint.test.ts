import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { loadBundle } from "../../../bot/bundles/load.ts";

const CLEAN = `aldis_bundle_version: 1
name: web
version: 1.4.0
image: web:1
commands:
  deploy:
    description: Deploys.
    executable: [deploy]
    options: {}
    rules: [allow]
`;

function warningsOf(text: string): string[] {
  const loaded = loadBundle(text, "web.yaml");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.errors));
  return loaded.warnings.map(({ line, key, message }) => `${line} ${key}: ${message}`);
}

test("a bundle that leaves nothing open gets no warning", () => {
  assert.deepEqual(warningsOf(CLEAN), []);
});

describe("what is probably not meant gets one", () => {
  test.each([
    [
      "    description: Deploys.\n",
      "",
      "6 commands.deploy: has no description, so help has nothing to say",
    ],
    ["[allow]", "[]", "6 commands.deploy: has no rule, so nobody may run it"],
    [
      "    options: {}\n",
      "",
      "6 commands.deploy: declares no options: a rule on one, or on what follows one, may not be decidable",
    ],
    [
      "[allow]",
      "[with arg == 'x' allow]",
      "10 commands.deploy.rules[0]: compares all arguments or options at once; say any or all",
    ],
    [
      "[allow]",
      "[with not (user == 'x' or option != 'x') allow]",
      "10 commands.deploy.rules[0]: compares all arguments or options at once; say any or all",
    ],
    ["web:1", "web", "4 image: names no version; what runs may change from day to day"],
    ["web:1", "web:latest", "4 image: names no version; what runs may change from day to day"],
    [
      "web:1",
      "localhost:5000/web",
      "4 image: names no version; what runs may change from day to day",
    ],
    [
      "image: web:1",
      "docker: { image: web }",
      "4 docker: names no version; what runs may change from day to day",
    ],
    [
      "image: web:1",
      "image: web:1\ndocker: { image: web }",
      "5 docker: has no effect: image is given",
    ],
    ["image: web:1", "image: web:1\npermissions: [spare]", "5 permissions[0]: no rule asks for it"],
    [
      "    options: {}\n",
      "    options: {}\n    attempts: 5\n",
      "10 commands.deploy.attempts: has no effect: the command starts at most once",
    ],
    [
      "    options: {}\n",
      "    options: {}\n    relay: { selector: { tags: { a: [] } } }\n",
      "10 commands.deploy.relay: no relay can match: a has no value left",
    ],
  ])("%j as %j", (before, after, expected) => {
    assert.deepEqual(warningsOf(CLEAN.replace(before, after)), [expected]);
  });

  test.each([
    ["web:1", "web@sha256:abc"],
    ["web:1", "localhost:5000/web:1"],
    ["[allow]", "[with any arg == 'x' allow]"],
    ["image: web:1", "image: web:1\npermissions: [a]"],
  ])("%j as %j is fine", (before, after) => {
    const text = CLEAN.replace(before, after).replace(
      after.includes("permissions") ? "[allow]" : "\0",
      "[must have web:a]",
    );
    assert.deepEqual(warningsOf(text), []);
  });
});
