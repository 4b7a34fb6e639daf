import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { BotError } from "../../../../bot/errors.ts";
import { refuse, say } from "../../../../bot/replies/answer.ts";
import { waitFor } from "../../../support/wait.ts";
import { runs, scriptedConsole } from "./scripted-console.ts";

const echo = scriptOf((text) => say(text));

function scriptOf(answer: (text: string) => ReturnType<typeof say>) {
  return {
    handle: (
      message: { text: string },
      conversation: { tell(a: ReturnType<typeof say>): Promise<void> },
    ) => conversation.tell(answer(message.text)),
  };
}

describe("what is piped in", () => {
  test("is answered line by line, and the last line needs no line end", async () => {
    const console = scriptedConsole(echo);

    console.input.end("one\ntwo\nthree");
    await console.done;

    assert.equal(console.stdout(), "one\ntwo\nthree\n");
  });

  const INPUTS: [what: string, chunks: readonly (string | Buffer)[], lines: readonly string[]][] = [
    ["lines that end as on Windows", ["a\r\nb\r\n"], ["a", "b"]],
    ["an end of line cut in two", ["a\r", "\nb"], ["a", "b"]],
    ["empty lines and white space", ["\n \n\t\na\n\n"], ["a"]],
    ["nothing at all", [""], []],
    ["a line in many pieces", ["!e", "cho", " x", "\n"], ["!echo x"]],
    [
      "a character cut in two",
      [Buffer.from("ä").subarray(0, 1), Buffer.from("ä").subarray(1)],
      ["ä"],
    ],
    ["half a character at the end", [Buffer.from("ä").subarray(0, 1)], ["\ufffd"]],
    ["NUL and other controls", ["a\0b\u0001\n"], ["a\0b\u0001"]],
    ["exit before the end", ["a\n exit \nb\n"], ["a"]],
    ["a carriage return within a line", ["a\rb\n"], ["a\rb"]],
  ];
  for (const [what, chunks, lines] of INPUTS) {
    test(`is understood: ${what}`, async () => {
      const console = scriptedConsole();

      for (const chunk of chunks) console.input.write(chunk);
      console.input.end();
      await console.done;

      assert.deepEqual(
        console.messages.map(({ text }) => text),
        lines,
      );
    });
  }

  test("waits until the line before has been answered, and outlives the end of the input", async () => {
    const answer: (() => void)[] = [];
    const console = scriptedConsole({
      handle: () => new Promise((resolve) => answer.push(resolve)),
    });

    console.input.end("one\ntwo\n");
    await waitFor(() => answer.length > 0);
    const whileOneRuns = console.messages.map(({ text }) => text);
    answer[0]?.();
    await waitFor(() => answer.length > 1);
    answer[1]?.();
    await console.done;

    assert.deepEqual(whileOneRuns, ["one"]);
    assert.equal(console.messages.length, 2);
  });

  test("is said by this user, to the bot, in messages of their own", async () => {
    const console = scriptedConsole();

    console.input.end("!one\n!one\n");
    await console.done;

    const [first, second] = console.messages;
    assert.ok(first && second);
    assert.notEqual(first.messageId, second.messageId);
    const { messageId: _, saidAt, ...rest } = first;
    assert.ok(Date.now() - saidAt.getTime() < 60_000);
    assert.deepEqual(rest, {
      workspaceId: "workspace",
      adapter: "console",
      installation: "local",
      channel: "console",
      text: "!one",
      caller: { adapter: "console", installation: "local", providerUser: "someone" },
      isDirect: true,
      mentions: [],
    });
  });

  test("may have lines of a megabyte", async () => {
    const console = scriptedConsole();

    console.input.end(`${"x".repeat(1024 * 1024)}\nnext\n`);
    await console.done;

    assert.deepEqual(
      console.messages.map(({ text }) => text.length),
      [1024 * 1024, 4],
    );
  });

  test("is refused where a line has no end in sight, and the next line is answered", async () => {
    const console = scriptedConsole(echo);

    console.input.end(`${"x".repeat(5 * 1024 * 1024)}\nnext\n`);
    await console.done;

    assert.equal(console.stdout(), "a line of more than 4 million characters was not run\nnext\n");
  });

  test("is no longer read once the console is stopped, although an answer is missing", async () => {
    const console = scriptedConsole({ handle: () => new Promise(() => {}) });
    console.input.write("one\ntwo\n");
    await waitFor(() => console.messages.length > 0);

    await console.stop();
    await console.done;

    assert.equal(console.messages.length, 1);
    assert.ok(console.input.destroyed);
  });

  test("that cannot be read any further ends the console with a line", async () => {
    const console = scriptedConsole(echo);

    console.input.destroy(new Error("the disk has gone"));
    await console.done;

    assert.equal(console.stderr(), "the input cannot be read any further: the disk has gone\n");
  });
});

describe("answers to what is piped in", () => {
  test("go to stdout, denials too", async () => {
    const console = scriptedConsole(scriptOf((text) => refuse(`no ${text}`)));

    console.input.end("!nosuch\n");
    await console.done;

    assert.equal(console.stdout(), "no !nosuch\n");
    assert.equal(console.stderr(), "");
  });

  test("show a fault as one line, and go on", async () => {
    const faults = [new TypeError("secret detail"), new BotError("stopping", "it is stopping")];
    const console = scriptedConsole({
      handle: async () => {
        throw faults.shift();
      },
    });

    console.input.end("one\ntwo\n");
    await console.done;

    assert.equal(
      console.stdout(),
      "something went wrong here; the log of the bot says what\nit is stopping\n",
    );
  });

  test("pass the bytes of a command on as they are, each stream to its own", async () => {
    const bytes = Buffer.from([0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x00, 0xff, 0x0d, 0x0a]);
    const chunks: Buffer[] = [];
    const console = scriptedConsole({
      handle: (_, conversation) =>
        runs(conversation, (view) => {
          view.output("stdout", bytes);
          view.output("stderr", Buffer.from("\x1b[0mtold\n"));
        }),
    });
    console.output.on("data", (chunk: Buffer) => chunks.push(chunk));

    console.input.end("!data\n");
    await console.done;

    assert.deepEqual(Buffer.concat(chunks), bytes);
    assert.equal(console.stderr(), "\x1b[0mtold\n");
  });

  test("start on a line of their own after output that ended without one", async () => {
    const console = scriptedConsole({
      handle: (_, conversation) =>
        runs(conversation, (view) => view.output("stdout", Buffer.from("open"))),
    });

    console.input.end("one\ntwo\n");
    await console.done;

    assert.equal(console.stdout(), "open\nopen\n");
  });

  const ENDS = [
    ["succeeded", { state: "succeeded", durationMs: 90_000 }, ""],
    ["failed", { state: "failed", exitCode: 3 }, "failed with exit code 3\n"],
    [
      "failed late",
      { state: "failed", exitCode: 3, durationMs: 2_440 },
      "failed with exit code 3 (2.4 s)\n",
    ],
    ["cancelled", { state: "cancelled", durationMs: 185_000 }, "cancelled (3 min 5 s)\n"],
    [
      "unknown",
      { state: "unknown", reason: "it \x1b[2Jdied" },
      "nobody knows whether it ran to its end: it died\n",
    ],
  ] as const;
  for (const [what, end, shown] of ENDS) {
    test(`say how a command ended that ${what}`, async () => {
      const console = scriptedConsole({
        handle: (_, conversation) => runs(conversation, () => {}, end),
      });

      console.input.end("!x\n");
      await console.done;

      assert.equal(console.stdout(), shown);
    });
  }

  test("keep what is said while a command waits off stdout", async () => {
    const console = scriptedConsole({
      handle: (_, conversation) =>
        runs(conversation, (view) => {
          for (const state of ["waiting", "offered", "waiting", "started"] as const) {
            view.state(state, "web-1");
          }
          view.output("stdout", Buffer.from("output\n"));
        }),
    });

    console.input.end("!x\n");
    await console.done;

    assert.equal(console.stdout(), "output\n");
    assert.equal(console.stderr(), "waiting for a relay: web-1\nrunning on web-1\n");
  });

  test("end quietly when nobody reads them, and nothing more is begun", async () => {
    const console = scriptedConsole({
      handle: async (_, conversation) => {
        console.output.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
        await conversation.tell(say("nobody reads this"));
      },
    });

    console.input.write("one\ntwo\n");
    await console.done;

    assert.deepEqual(
      console.messages.map(({ text }) => text),
      ["one"],
    );
    assert.equal(console.stderr(), "");
  });

  test("that cannot be written for another reason say so, and nothing more is begun", async () => {
    const console = scriptedConsole({
      handle: async () => {
        console.output.destroy(Object.assign(new Error("ENOSPC: disk full"), { code: "ENOSPC" }));
      },
    });

    console.input.write("one\ntwo\n");
    await console.done;

    assert.equal(console.messages.length, 1);
    assert.equal(console.stderr(), "the answers cannot be written: ENOSPC: disk full\n");
  });

  test("go on when only stderr has been closed", async () => {
    const console = scriptedConsole({
      handle: (_, conversation) =>
        runs(conversation, (view) => {
          view.output("stderr", Buffer.from("lost"));
          view.output("stdout", Buffer.from("kept\n"));
        }),
    });
    console.errorOutput.destroy(new Error("write EPIPE"));

    console.input.end("one\n");
    await console.done;

    assert.equal(console.stdout(), "kept\n");
  });

  test("are harmless and without colour where they are shown on a terminal", async () => {
    const console = scriptedConsole({
      terminals: ["output"],
      hasColours: true,
      handle: (_, conversation) =>
        runs(conversation, (view) => view.output("stdout", Buffer.from("\x1b[2Jred\x1b[0m"))),
    });

    console.input.end("one\n");
    await console.done;

    assert.equal(console.stdout(), "red\n");
  });
});
