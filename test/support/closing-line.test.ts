import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aldis-closing-"));
  const reporters = ["default", join(import.meta.dirname, "closing-line.ts")];
  const config = {
    root: import.meta.dirname,
    cacheDir: folder,
    test: { include: ["closing-line.sample.ts"], reporters },
  };
  writeFileSync(join(folder, "config.mjs"), `export default ${JSON.stringify(config)};`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A run of its own over the sample. */
function runSample(env: Record<string, string>) {
  const vitest = join(packageRoot(), "node_modules/vitest/vitest.mjs");
  const { PATH = "", HOME = "" } = process.env;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [vitest, "run", "--config", join(folder, "config.mjs")],
    { encoding: "utf8", env: { PATH, HOME, NO_COLOR: "1", ...env } },
  );
  return { status, lines: stdout.trimEnd().split("\n"), output: stdout + stderr };
}

test("ends with the counts alone on a line, after what was not run and why", () => {
  const { status, lines } = runSample({});

  expect(lines.slice(-3)).toEqual([
    "not run: container engine",
    "  closing-line.sample.ts > engine > runs a container",
    "2 passed, 0 failed, 1 skipped",
  ]);
  expect(status).toBe(0);
});

test("counts what is absent as failed when everything has to be there", () => {
  const { status, lines, output } = runSample({ ALDIS_TEST_ALL: "1", SAMPLE_FAILS: "1" });

  expect(lines.at(-1)).toBe("1 passed, 2 failed");
  expect(output).toContain("needs container engine");
  expect(status).toBe(1);
});
