import assert from "node:assert/strict";
import { afterAll, beforeAll, test } from "vitest";
import { startTestBot, type TestBot } from "../../support/bot.ts";

let bot: TestBot;
beforeAll(async () => {
  bot = await startTestBot();
});
afterAll(() => bot.close());

function fileOf(version: string, description: string): string {
  return `aldis_bundle_version: 1
name: web
version: ${version}
commands:
  deploy:
    description: ${description}
    executable: [/bin/deploy]
    native: true
    options: {}
    rules: [allow]
`;
}

async function said(text: string): Promise<string> {
  const talk = bot.say(text);
  await talk.done;
  return talk.text();
}

test("B84 several versions may be installed, and one is enabled", async () => {
  await bot.install(fileOf("1.0.0", "The first."));
  await bot.install(fileOf("1.1.0", "The second."));

  const [list, help] = [await said("bundle list"), await said("help")];

  assert.match(list, /1\.0\.0/);
  assert.match(list, /1\.1\.0/);
  assert.match(help, /The second\./);
  assert.doesNotMatch(help, /The first\./);
});

test("B13 B85: a version means one content", async () => {
  await bot.install(fileOf("2.0.0", "One."));

  await bot.install(`# A remark.\n${fileOf("2.0.0", "One.")}`);

  await assert.rejects(
    bot.install(fileOf("2.0.0", "Another.")),
    /version 2\.0\.0 of web is installed with other content/,
  );
});
