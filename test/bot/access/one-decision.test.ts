import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";

const files = globSync("bot/**/*.ts", { cwd: packageRoot() });

/** Files that import one of these names as a value from a file of this name. */
function importersOf(names: readonly string[], file: string): string[] {
  const imports = new RegExp(String.raw`import \{([^}]*)\} from "[^"]*\/${file}"`, "g");
  return files
    .filter((path) => {
      const lists = [...readFileSync(join(packageRoot(), path), "utf8").matchAll(imports)];
      const words = lists.flatMap(([, list = ""]) => list.split(",").map((word) => word.trim()));
      return names.some((name) => words.includes(name));
    })
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
}

describe("P10 there is one decision", () => {
  test("made in one place, again for each relay, and by the rule tester", () => {
    assert.deepEqual(importersOf(["decide"], "rules/decide.ts"), [
      "bot/invocation/authorize.ts",
      "bot/invocation/relay-rules.ts",
      "bot/invocation/try-rules.ts",
    ]);
  });

  test("that running, help, completion and suggestions ask", () => {
    const asking = importersOf(["authorize", "isVisibleTo"], "authorize.ts");

    for (const name of ["understand", "completions", "built-in/help"]) {
      assert.ok(asking.includes(`bot/invocation/${name}.ts`), name);
    }
  });
});
