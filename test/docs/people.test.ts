import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../support/wait.ts";
import { blockNamed, readPage } from "./markdown.ts";
import { makeCheckout, newcomer, runShell, startShell, untilReady } from "./shell.ts";

/** The commands of docs/guide/people.md, as they stand there, run as processes. */
const guide = readPage("docs/guide/people.md");

let checkout: Awaited<ReturnType<typeof makeCheckout>>;
beforeAll(async () => {
  checkout = await makeCheckout();
});
afterAll(() => checkout?.remove());

/** Each block with the exit codes of its lines and what they say. */
const BLOCKS: readonly (readonly [name: string, lines: readonly (readonly [number, RegExp])[]])[] =
  [
    ["people install", [[0, /pages 1\.0\.0 enabled/]]],
    [
      "people add",
      [
        [0, /user ada added/],
        [0, /console account ada is ada$/m],
        [0, /ada +active +console:ada +ada@example\.com/],
      ],
    ],
    [
      "people grant",
      [
        [0, /group releases added/],
        [0, /ada is in releases/],
        [0, /role Deployer added: pages:deploy/],
        [0, /group releases holds Deployer until \d{4}-/],
        [0, /Deployer +group releases +\d{4}-.* admin +release of May/],
      ],
    ],
    [
      "people explain",
      [
        [0, /✓ held +pages:deploy +by group releases, role Deployer, until .*\n\nada may/],
        [1, /✗ missing +pages:deploy +in role Deployer, held by releases\n\nadmin may not/],
      ],
    ],
    [
      "people rule",
      [
        [0, /permission site:on-call added/],
        [0, /is in force: pages:deploy with arg\[0\] == "prod" must have site:on-call/],
        [0, /ada may$/m],
        [1, /denied, needs site:on-call; ask admin/],
        [0, /must have site:on-call +admin/],
      ],
    ],
    [
      "people on call",
      [
        [0, /role On call added/],
        [0, /ada holds On call until/],
        [0, /ada may$/m],
      ],
    ],
  ];

test("the guide goes as it says", { timeout: 240_000 }, async () => {
  const home = join(checkout.path, `home-${randomBytes(4).toString("hex")}`);
  const who = { cwd: checkout.path, env: await newcomer(home) };
  await writeFile(join(who.cwd, "pages.yaml"), blockNamed(guide, "pages.yaml"));
  const bot = startShell(blockNamed(guide, "people start"), who);
  await untilReady(who.env.ALDIS_URL ?? "", bot);
  await waitFor(() => bot.said().includes("simple mode"), { timeoutMs: 30_000 });

  for (const [name, expected] of BLOCKS) {
    const lines = blockNamed(guide, name).trim().split("\n");
    expect(lines.length, name).toBe(expected.length);
    for (const [index, [code, said]] of expected.entries()) {
      const line = lines[index] ?? "";
      const run = await runShell(line, who);
      expect(run.code, `${line}\n${run.said}`).toBe(code);
      expect(run.said, line).toMatch(said);
    }
  }
  await bot.interrupt();
});
