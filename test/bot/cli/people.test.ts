import assert from "node:assert/strict";
import { expect, test } from "vitest";
import { installTestBundle } from "../api/api-fixture.ts";
import { runCli, startCliBot } from "./run-cli.ts";

type Case = readonly [args: readonly string[], code: number, RegExp];

/** What is refused, with the exit code and the one line that says why. */
const REFUSED: readonly Case[] = [
  [["user", "add", "Ada"], 64, /a user's name is 1 to 63 of a-z/],
  [["user", "add", "ada", "--label", "web"], 64, /--label: web is not a label/],
  [["user", "suspend", "admn"], 1, /there is no user admn; did you mean admin\?/],
  [["user", "suspend", "admin"], 1, /nobody who may manage access/],
  [["group", "remove", "administrator"], 1, /did you mean administrators\?/],
  [["role", "add", "Deployer", "--permission", "web:deploi"], 65, /did you mean web:deploy\?/],
  [["role", "change", "Viewer", "--add", "web:deploy"], 1, /Viewer is built in/],
  [["grant", "add", "Viewer"], 64, /--user NAME or --group NAME/],
  [
    ["grant", "add", "Viewer", "--user", "admin", "--for", "soon"],
    64,
    /--for: soon is no duration/,
  ],
  [
    ["grant", "add", "Viewer", "--user", "admin", "--until", "noon"],
    64,
    /--until: noon is no time/,
  ],
  [["grant", "revoke", "Viewer", "--user", "admin"], 1, /admin is not granted Viewer/],
  [["permission", "add", "web:thing"], 64, /site:name/],
  [["rules", "add", "web:deplo allow"], 1, /did you mean web:deploy\?/],
  [["rules", "add", "web:deploy allow twice"], 65, /the rule is not valid: 1:18: /],
  [["rules", "remove", "1"], 64, /id/],
  [["rules", "explain", "web:deploy", "--as", "admn"], 1, /did you mean admin\?/],
];

test("each refusal is one line, with its exit code", { timeout: 120_000 }, async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);

  for (const [args, exitCode, words] of REFUSED) {
    const { code, stdout, stderr } = await runCli(args, bot.env);
    const what = args.join(" ");
    assert.equal(code, exitCode, `${what}: ${stderr}`);
    assert.match(stderr, words, what);
    assert.match(stderr, /^aldis: [^\n]+\n$/, what);
    assert.equal(String(stdout), "", what);
  }
});

test("lists are JSON for scripts, and a role changes for all who hold it", async () => {
  const bot = await startCliBot();
  await installTestBundle(bot);
  const json = async (...args: string[]) =>
    JSON.parse(String((await runCli([...args, "--json"], bot.env)).stdout));

  await runCli(["role", "add", "Deployer"], bot.env);
  await runCli(["grant", "add", "Deployer", "--user", "admin"], bot.env);
  const before = await json("rules", "explain", "web:deploy");
  await runCli(["role", "change", "Deployer", "--add", "web:deploy"], bot.env);
  const after = await json("rules", "explain", "web:deploy");

  expect(before).toMatchObject({ user: "admin", decision: "deny", missing: ["web:deploy"] });
  expect(after).toMatchObject({
    decision: "allow",
    permissions: [{ paths: [{ group: null, role: "Deployer", expiresAt: null }] }],
  });
  expect(await json("permission", "list")).toContainEqual({
    name: "web:deploy",
    description: "",
    declaredBy: "web",
  });
  for (const kind of ["user", "group", "role", "grant", "rules"]) {
    assert.ok(Array.isArray(await json(kind, "list")), kind);
  }
});
