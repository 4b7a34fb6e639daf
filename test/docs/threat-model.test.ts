import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";
import { readPage } from "./markdown.ts";

const KINDS = ["spoofing", "tampering", "repudiation", "disclosure", "denial", "elevation"];
const page = readPage("docs/threat-model.md");
const rows = threatsOf(page.text);

/** Rows that begin with a kind of STRIDE: the threat, and the tests in the last cell. */
function threatsOf(text: string) {
  return text
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, kind = ""]) => KINDS.includes(kind))
    .map((cells) => ({ kind: cells[1] ?? "", threat: cells[2] ?? "", shown: cells[4] ?? "" }));
}

function testsIn(shown: string): string[] {
  return [...shown.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? "");
}

function faultOf({ threat, shown }: { threat: string; shown: string }): string[] {
  const tests = testsIn(shown);
  if (tests.length === 0 && !shown.includes("*open*")) return [`${threat}: no test`];
  const missing = tests.filter((path) => !existsSync(join(packageRoot(), "test", path)));
  return missing.map((path) => `${threat}: no ${path}`);
}

test("every threat names tests that are there, or is open", () => {
  assert.ok(rows.length > 30);
  assert.deepEqual(rows.flatMap(faultOf), []);
});

test("every kind of threat is thought of", () => {
  assert.deepEqual(
    KINDS.filter((kind) => !rows.some((row) => row.kind === kind)),
    [],
  );
});

test("a threat without a test, or with one that is not there, is found", () => {
  assert.equal(faultOf({ threat: "a", shown: "" }).length, 1);
  assert.equal(faultOf({ threat: "a", shown: "`nowhere.test.ts`" }).length, 1);
});
