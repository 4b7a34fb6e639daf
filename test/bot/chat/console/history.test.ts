import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "vitest";
import { readHistory, writeHistory } from "../../../../bot/chat/console/history.ts";
import { waitFor } from "../../../support/wait.ts";
import { scriptedConsole } from "./scripted-console.ts";

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "aldis-history-"));
  file = join(directory, "history");
});

afterEach(() => rmSync(directory, { recursive: true }));

describe("the history", () => {
  test("comes back newest first", () => {
    writeHistory(file, ["three", "two", "one"]);

    assert.equal(readFileSync(file, "utf8"), "one\ntwo\nthree\n");
    assert.deepEqual(readHistory(file), ["three", "two", "one"]);
  });

  test("is empty where there is no file", () => {
    assert.deepEqual(readHistory(file), []);
  });

  test("is for this user's eyes only, whatever stood there before", () => {
    writeFileSync(file, "old\n");
    chmodSync(file, 0o644);

    writeHistory(file, ["one"]);

    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory), ["history"]);
  });

  test("keeps the last thousand lines", () => {
    writeHistory(
      file,
      Array.from({ length: 1_500 }, (_, age) => `line ${age}`),
    );

    const lines = readHistory(file);

    assert.equal(lines.length, 1_000);
    assert.equal(lines[0], "line 0");
  });

  test("does not keep a line that is a text of its own", () => {
    writeHistory(file, ["x".repeat(5_000), "one"]);

    assert.deepEqual(readHistory(file), ["one"]);
  });

  test("from a file that others wrote cannot act on the terminal", () => {
    writeFileSync(file, "\x1b[2Jone\r\n\n");

    assert.deepEqual(readHistory(file), ["one"]);
  });
});

describe("a console with a history", () => {
  const terminals = ["input", "output"] as const;

  test("brings back what was typed in an earlier one", async () => {
    const earlier = scriptedConsole({ terminals, historyFile: file });
    earlier.input.write("!one\rexit\r");
    await earlier.done;
    const later = scriptedConsole({ terminals, historyFile: file });
    await later.sees("aldis>");

    later.input.write("\x1b[A\x1b[A\r");
    await waitFor(() => later.messages.length > 0);

    assert.equal(later.messages[0]?.text, "!one");
    await later.stop();
  });

  test("keeps nothing of a line that begins with a space", async () => {
    const console = scriptedConsole({ terminals, historyFile: file });

    console.input.write("!one\r !secret\rexit\r");
    await console.done;

    assert.deepEqual(
      console.messages.map(({ text }) => text),
      ["!one", " !secret"],
    );
    assert.equal(readFileSync(file, "utf8"), "!one\nexit\n");
  });

  test("that cannot be kept says so once, and works", async () => {
    const console = scriptedConsole({ terminals, historyFile: join(file, "nowhere") });

    console.input.write("!one\r!two\rexit\r");
    await console.done;

    assert.equal(console.messages.length, 2);
    assert.equal(console.stdout().split("is not kept").length, 2);
  });
});
