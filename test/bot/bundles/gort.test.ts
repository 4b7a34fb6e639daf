import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { warningsOf } from "../../../bot/bundles/lint.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";

const GORT = `---
gort_bundle_version: 1

name: echo
version: 0.1
author: Somebody <somebody@example.com>
homepage: https://example.com
description: Says what it is told.
long_description: |-
  Several
  lines.

permissions:
  - can_echo

docker:
  image: ubuntu
  tag: 20.04

kubernetes:
  serviceAccountName: default

templates:
  command: "{{ header }}"

commands:
  foo:
    description: "Says what it is told."
    executable: [ "/bin/echo" ]
    triggers:
      - match: say it
    rules:
      - must have echo:can_echo
      - when command is echo:foo with arg[0] == 'x' and option["y"] == true allow
    input: advanced
`;

test("a Gort bundle installs unchanged", () => {
  const loaded = loadBundle(GORT, "echo.yml");

  assert.ok(loaded.ok);
  const { bundle } = loaded;
  assert.equal(bundle.format, "gort");
  assert.equal(bundle.version, "0.1.0");
  assert.equal(bundle.image, "ubuntu:20.04");
  assert.equal(bundle.commands.foo?.declaresOptions, false);
  assert.equal(bundle.commands.foo?.rules.length, 2);
  assert.deepEqual(bundle.commands.foo?.triggers, ["say it"]);
});

test("what has no effect here is said", () => {
  const loaded = loadBundle(GORT, "echo.yml");

  assert.ok(loaded.ok);
  assert.deepEqual(
    warningsOf(loaded).map(({ line, key, message }) => `${line} ${key}: ${message}`),
    [
      "16 docker: has a tag, and 20.04 may come to mean another image; pin it as name@sha256:…",
      "20 kubernetes: has no effect",
      "23 templates: is not rendered: the default template answers",
      "27 commands.foo: declares no options, so what its rules ask about may be unknown, and is then denied",
      "27 commands.foo: runs without a network, on a read-only root, as 65534; it may need a network or another user than 65534",
      "34 commands.foo.rules[1]: Gort asks whether y is given; here declare it: options: { y: { type: bool } }",
      "35 commands.foo.input: has no effect",
    ],
  );
});

describe("Gort completes versions", () => {
  test.each([
    ["0.1", "0.1.0"],
    ["1", "1.0.0"],
    ["v2.3", "2.3.0"],
    ["1.10", "1.10.0"],
    ["01.2", "1.2.0"],
    ["1.2.3", "1.2.3"],
    ["1.2-rc.1", "1.2.0-rc.1"],
  ])("%s is %s", (version, expected) => {
    const loaded = loadBundle(GORT.replace("version: 0.1", `version: ${version}`), "echo.yml");

    assert.ok(loaded.ok);
    assert.equal(loaded.bundle.version, expected);
  });

  test.each(["latest", "1.x", "''", "-rc"])("%s is no version", (version) => {
    assert.ok(!loadBundle(GORT.replace("version: 0.1", `version: ${version}`), "echo.yml").ok);
  });
});
