import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { maskedText } from "../../../../bot/invocation/masked-text.ts";
import { waitFor } from "../../../support/wait.ts";
import { viewOf } from "../../invocation/small-view.ts";
import { scriptedConsole } from "./scripted-console.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
commands:
  deploy:
    description: Deploys.
    executable: [/bin/true]
    native: true
    options: { token: { type: string, secret: true } }
    rules: [allow]
`;

test("the history of a console keeps a line without what is secret in it", async () => {
  const directory = mkdtempSync(join(tmpdir(), "aldis-history-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const view = viewOf([WEB], {});
  const now = new Date();
  const said = {
    workspaceId: view.workspaceId,
    adapter: "console",
    installation: "local",
    channel: "console",
    messageId: "1",
    saidAt: now,
    caller: { adapter: "console", installation: "local", providerUser: "ada" },
    isDirect: true,
    mentions: [],
  };
  const file = join(directory, "history");
  const withoutSecrets = (text: string) => maskedText(view, { ...said, text }, now);
  const console = scriptedConsole({
    terminals: ["input", "output"],
    historyFile: file,
    withoutSecrets,
  });

  console.input.write("!web:deploy --token hunter2-hunter2\r!web:deploy\rexit\r");
  await console.done;

  const kept = await waitFor(() => readFileSync(file, "utf8"));
  assert.match(kept, /^!web:deploy\n/m);
  assert.match(kept, /^!web:deploy.*•••\n/m);
  assert.doesNotMatch(kept, /hunter2/);
});
