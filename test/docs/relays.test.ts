import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../support/wait.ts";
import { blockNamed, readPage } from "./markdown.ts";
import { makeCheckout, newcomer, runShell, startShell, untilReady } from "./shell.ts";

/** The commands of docs/guide/relays.md, as they stand there, run as processes. */
const guide = readPage("docs/guide/relays.md");

let checkout: Awaited<ReturnType<typeof makeCheckout>>;
beforeAll(async () => {
  checkout = await makeCheckout();
});
afterAll(() => checkout?.remove());

const WAITED = /^aldis: waiting for a relay: (.+)\naldis: not run: \1\n$/;

/** Each block with the exit codes of its lines and what they say. */
const BLOCKS: readonly (readonly [name: string, lines: readonly (readonly [number, RegExp])[]])[] =
  [
    [
      "relays list",
      [
        [0, /^local +reachable/m],
        [0, /^local +yes +0 of \d+ running$/m],
        [69, /^local +no +has no tag env, and env=prod is asked for$/m],
      ],
    ],
    [
      "relays command",
      [
        [0, /shop 1\.0\.0 enabled/],
        [0, /^local +yes +0 of 1 preferred, 0 of \d+ running$/m],
        [69, /^local +no +has no tag env/m],
        [0, /^shown$/m],
      ],
    ],
    ["relays waiting", [[69, WAITED]]],
    [
      "relays policy",
      [
        [0, /anything must match !drained; 1 of 1 do$/m],
        [0, /shop:… must match env=prod; 0 of 1 do\nno relay does/],
        [0, /^\(all\) +!drained +admin .*\nshop +env=prod +admin /m],
        [69, /^local +no +is excluded by the workspace's policy: has no tag env/m],
        [0, /asked for nothing besides$/m],
        [0, /^shown$/m],
        [0, /asked for nothing besides$/m],
      ],
    ],
  ];

test("the guide goes as it says", { timeout: 240_000 }, async () => {
  const home = join(checkout.path, `home-${randomBytes(4).toString("hex")}`);
  const who = { cwd: checkout.path, env: await newcomer(home) };
  await writeFile(join(who.cwd, "shop.yaml"), blockNamed(guide, "shop.yaml"));
  const bot = startShell(blockNamed(guide, "relays start"), who);
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

test("what is shown of the wait is what is said", () => {
  const [, shown = ""] = /```text\n(aldis: waiting[\s\S]*?)```/.exec(guide.text) ?? [];

  expect(shown).toMatch(WAITED);
});
