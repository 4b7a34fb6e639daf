import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startNatsServer } from "../support/nats-server.ts";
import { createTestDatabase } from "../support/postgres.ts";
import { onDatabase, withClient } from "../support/postgres-cluster.ts";
import { waitFor } from "../support/wait.ts";
import { blockNamed, readPage } from "./markdown.ts";
import { makeCheckout, newcomer, runShell, type Shell, startShell, untilReady } from "./shell.ts";

/** The commands of the README and the guide, as they stand there, run as processes. */
const readme = readPage("README.md");
const guide = readPage("docs/guide/first-bundle.md");
const LONG = 180_000;

let checkout: Awaited<ReturnType<typeof makeCheckout>>;
beforeAll(async () => {
  checkout = await makeCheckout();
});
afterAll(() => checkout?.remove());

async function someone(): Promise<{ cwd: string; env: Record<string, string> }> {
  const home = join(checkout.path, `home-${randomBytes(4).toString("hex")}`);
  return { cwd: checkout.path, env: await newcomer(home) };
}

describe(
  "Try it",
  () => {
    test("the two commands are `npm ci` and `npm start`, and the first line is answered", async () => {
      const [install, start = ""] = blockNamed(readme, "start").trim().split(" && ");
      const input = blockNamed(readme, "first line");

      const run = await runShell(start, { ...(await someone()), input });

      assert.equal(install, "npm ci");
      expect(run, run.said).toMatchObject({ code: 0 });
      expect(linesOf(run.stdout)).toContain("hello");
    });

    test(
      "the piped form gives two answers and one helpful third, and ends with 0",
      async () => {
        const run = await runShell(blockNamed(readme, "piped"), await someone());

        expect(run, run.said).toMatchObject({ code: 0 });
        const lines = linesOf(run.stdout);
        const answers = lines.slice(lines.indexOf("hello"));
        expect(answers[0]).toBe("hello");
        expect(answers[1]).toMatch(/\d\d:\d\d:\d\d/);
        expect(run.said).toMatch(/no command nosuch.*(did you mean|!help)/);
      },
      LONG,
    );
  },
  LONG,
);

describe("A first bundle", () => {
  test(
    "the file of the README is checked, installed and run",
    async () => {
      const who = await someone();
      await writeFile(join(who.cwd, "greet.yaml"), blockNamed(readme, "greet.yaml"));
      const simple = await start(blockNamed(readme, "greet start"), who);

      const [lint, install, hello] = await runLines(blockNamed(readme, "greet"), who);
      const denied = await runShell("npx aldis exec '!greet:hello everyone'", who);

      expect(lint, lint?.said).toMatchObject({ code: 0 });
      expect(install?.stdout).toContain("greet 1.0.0 enabled");
      expect(hello).toMatchObject({ code: 0, stdout: "Hello, Ada\n" });
      expect(denied).toMatchObject({ code: 77, stdout: "" });
      expect(denied.said).toContain("greet:loudly");
      await simple.interrupt();
    },
    LONG,
  );

  test(
    "the guide ends as it says",
    async () => {
      const who = await someone();
      await writeFile(join(who.cwd, "disk.yaml"), blockNamed(guide, "disk.yaml"));
      const [lint = "", begin = "", install = ""] = guide.blocks
        .filter(({ language, name }) => language === "sh" && name === undefined)
        .map(({ text }) => text);
      const simple = await start(begin, who);

      const before = await runLines(lint + install, who);
      const [free, refused, denied] = await runLines(blockNamed(guide, "disk"), who);

      for (const each of before) expect(each, each.said).toMatchObject({ code: 0 });
      expect(free, free?.said).toMatchObject({ code: 0 });
      expect(free?.stdout).toMatch(/%/);
      expect(refused).toMatchObject({ code: 64 });
      expect(refused?.said).toContain("/tmp");
      expect(denied).toMatchObject({ code: 77 });
      expect(denied?.said).toContain("disk:inspect");
      await simple.interrupt();
    },
    LONG,
  );
});

describe("Bot and relay as separate programs", () => {
  test(
    "the five lines lead to an answer",
    async () => {
      const nats = await startNatsServer();
      const database = await makeDatabase();
      const who = await someone();
      Object.assign(
        who.env,
        settingsOf(blockNamed(readme, "settings"), database, nats.url, who.env),
      );
      const url = who.env.ALDIS_URL ?? "";
      const [server, bot, ...rest] = linesOf(blockNamed(readme, "separate"));

      assert.match(server ?? "", /^nats-server +# keeps running$/);
      assert.match(bot ?? "", /# keeps running$/);
      const programs = [startShell(bot ?? "", who)];
      await untilReady(url, programs[0] ?? assert.fail());
      for (const line of rest) {
        if (line.endsWith("# keeps running")) programs.push(startShell(line, who));
        else await mustSucceed(line, who);
      }
      const answer = await runShell(blockNamed(readme, "ask"), who);

      expect(answer, answer.said + programs.map((each) => each.said()).join("\n")).toMatchObject({
        code: 0,
        stdout: "hello\n",
      });
      for (const program of programs.reverse()) await program.interrupt();
      await nats.stop();
      await database.drop();
    },
    LONG,
  );
});

/** A database that nobody has migrated yet, in the cluster of the tests. */
async function makeDatabase() {
  const known = await createTestDatabase();
  const name = `readme_${randomBytes(6).toString("hex")}`;
  await withClient(known.ownerUrl, (client) => client.query(`create database ${name}`));
  return {
    ownerUrl: onDatabase(known.ownerUrl, name),
    url: onDatabase(known.url, name),
    async drop() {
      await withClient(known.ownerUrl, (client) =>
        client.query(`drop database ${name} with (force)`),
      );
      await known.drop();
    },
  };
}

/** The variables that the README sets, with the addresses of this run. */
function settingsOf(
  block: string,
  database: { url: string; ownerUrl: string },
  natsUrl: string,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const values: Readonly<Record<string, string | undefined>> = {
    ALDIS_DATA_DIR: env.ALDIS_DATA_DIR,
    ALDIS_DATABASE_OWNER_URL: database.ownerUrl,
    ALDIS_DATABASE_URL: database.url,
    ALDIS_NATS_URL: natsUrl,
  };
  const names = linesOf(block).map((line) => /^export (\w+)=\S+$/.exec(line)?.[1] ?? line);
  assert.deepEqual(names, Object.keys(values));
  return Object.fromEntries(names.map((name) => [name, values[name] ?? ""]));
}

/** Simple mode in a terminal of its own, ready for the next one. */
async function start(
  command: string,
  who: { cwd: string; env: Record<string, string> },
): Promise<Shell> {
  const shell = startShell(command, who);
  await untilReady(who.env.ALDIS_URL ?? "", shell);
  await waitFor(() => shell.said().includes("simple mode"), { timeoutMs: 30_000 });
  return shell;
}

async function runLines(block: string, who: { cwd: string; env: Record<string, string> }) {
  const runs: Awaited<ReturnType<typeof runShell>>[] = [];
  for (const line of linesOf(block)) runs.push(await runShell(line, who));
  return runs;
}

async function mustSucceed(line: string, who: { cwd: string; env: Record<string, string> }) {
  const run = await runShell(line, who);
  assert.equal(run.code, 0, `${line}\n${run.said}`);
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
