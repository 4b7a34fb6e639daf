import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { openRedaction } from "../../../relay/agent/open-redaction.ts";
import { saveNatsIdentity } from "../../../relay/identity.ts";
import { specOf } from "../../support/scripted-bot.ts";
import { waitFor } from "../../support/wait.ts";
import { startedRelay, temporaryDirectory } from "../relay-under-test.ts";

const SEED = `SU${"A".repeat(56)}`;

async function shown(settings: object, text: string, env: Record<string, string> = {}) {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "deploy.key"), "from-the-file\n");
  await writeFile(join(directory, "nats.creds"), `-----BEGIN-----\neyJ.of.creds\n${SEED}\n---\n`);
  await saveNatsIdentity(directory, { user: { jwt: "eyJ.of.join", seed: "SUOFJOIN" } });
  const options = { env, cwd: directory, directory };
  const redaction = await openRedaction({ "relay.redact": [], ...settings }, options);
  const stream = redaction.stream();
  assert.ok(stream);
  return Buffer.concat([stream.push(Buffer.from(text)), stream.end()]).toString();
}

describe("what a relay never shows", () => {
  test.each([
    { what: "a file", settings: { "relay.redact": ["file:deploy.key"] }, value: "from-the-file" },
    { what: "a variable", settings: { "relay.redact": ["env:TOKEN"] }, value: "from-the-env" },
    {
      what: "a password",
      settings: { "nats.url": "nats://me:pass%20word@host" },
      value: "pass word",
    },
    { what: "a token", settings: { "nats.url": "nats://the-token@host" }, value: "the-token" },
    { what: "the seed of its NATS user", settings: {}, value: "SUOFJOIN" },
  ])("is $what", async ({ settings, value }) => {
    const output = await shown(settings, `<${value}>`, { TOKEN: "from-the-env" });

    assert.equal(output, "<•••>");
    if (value !== "SUOFJOIN") assert.equal(await shown({}, `<${value}>`), `<${value}>`);
  });

  test("is the content of its creds file", async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, "nats.creds");
    await writeFile(path, `-----BEGIN-----\neyJ.of.creds\n${SEED}\n---\n`);

    const output = await shown({ "nats.creds_file": path }, `eyJ.of.creds ${SEED} -----BEGIN-----`);

    assert.equal(output, "••• ••• -----BEGIN-----");
  });

  test.each(["file:not-there", "env:NOT_THERE"])("must be there: %s", async (reference) => {
    await assert.rejects(shown({ "relay.redact": [reference] }, ""), (error: Error) =>
      error.message.startsWith(`relay.redact: ${reference}: `),
    );
  });

  test("is masked before it reaches a bot or the disk; unless named, it is not", async () => {
    const path = join(await temporaryDirectory(), "secret");
    await writeFile(path, "hunter2-and-more\n");
    const script = 'printf "a hunt"; sleep 0.3; echo er2-and-more b; echo hunter2-and-more >&2';
    const outputs: string[][] = [];

    for (const change of [{ ALDIS_RELAY_REDACT: `file:${path}` }, {}]) {
      const { bot } = await startedRelay(change);
      const spec = specOf(["sh", "-c", script]);
      await bot.offer(spec);
      await waitFor(() => bot.resultOf(spec.executionId));
      const { stdout, stderr } = bot.output(spec.executionId);
      outputs.push([stdout, stderr]);
    }

    assert.deepEqual(outputs, [
      ["a hunt••• b\n", "•••\n"],
      ["a hunter2-and-more b\n", "hunter2-and-more\n"],
    ]);
  });
});
