import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { refuse } from "../../../../bot/replies/answer.ts";
import { waitFor } from "../../../support/wait.ts";
import { runs, type Script } from "./scripted-console.ts";
import { CTRL_D, echo, terminal, waiting } from "./scripted-terminal.ts";

describe("at a terminal", () => {
  test("a line is answered below the prompt, and the prompt comes back", async () => {
    const console = terminal(echo);
    await console.endsWith("aldis>");

    console.input.write("!hello\r");
    await waitFor(() => console.screen().length === 3);

    assert.deepEqual(console.screen(), ["aldis> !hello", "!hello", "aldis>"]);
  });

  for (const line of ["exit", "quit", " exit ", CTRL_D]) {
    test(`${JSON.stringify(line)} ends it`, async () => {
      const console = terminal(echo);
      await console.endsWith("aldis>");

      console.input.write(line === CTRL_D ? line : `${line}\r`);
      await console.done;

      assert.equal(console.messages.length, 0);
      assert.ok(console.stdout().endsWith("\n"));
    });
  }

  test("an empty line is nothing", async () => {
    const console = terminal(echo);

    console.input.write("\r  \r!x\r");
    await waitFor(() => console.screen().length === 5);

    assert.equal(console.messages.length, 1);
  });

  test("an open line of output is ended before the prompt", async () => {
    const console = terminal({
      handle: (_, conversation) =>
        runs(conversation, (view) => view.output("stdout", Buffer.from("open"))),
    });

    console.input.write("!x\r");
    await waitFor(() => console.screen().length === 3);

    assert.deepEqual(console.screen(), ["aldis> !x", "open", "aldis>"]);
  });

  test("what is typed ahead waits its turn, and shows then", async () => {
    const script = waiting();
    const console = terminal(script);
    console.input.write("!wait\r!two\rthr");
    await console.sees("partly");
    const whileWaiting = console.screen();

    script.release();
    await console.endsWith("aldis> thr");

    assert.deepEqual(whileWaiting, ["aldis> !wait", "partly"]);
    assert.deepEqual(console.screen(), [
      "aldis> !wait",
      "partly done",
      "cancelled",
      "aldis> !two",
      "did !two",
      "aldis> thr",
    ]);
  });

  test("a long line typed ahead leaves what stands above it alone", async () => {
    const script = waiting();
    const console = terminal({ ...script, columns: 20 });
    console.input.write(`!wait\r${"x".repeat(30)}`);
    await console.sees("partly");

    script.release();
    await console.endsWith("x".repeat(17));

    assert.deepEqual(console.screen(), [
      "aldis> !wait",
      "partly done",
      "cancelled",
      `aldis> ${"x".repeat(13)}`,
      "x".repeat(17),
    ]);
  });

  test("Ctrl-D typed ahead leaves once everything before it has been answered", async () => {
    const script = waiting();
    const console = terminal(script);
    console.input.write("!wait\r!two\r");
    await console.sees("partly");
    console.input.write(CTRL_D);
    await console.sees("leaving once this has been answered");

    script.release();
    await console.done;

    assert.ok(console.stdout().includes("did !two"));
  });

  test("half a line on a terminal that goes away is not run", async () => {
    const console = terminal(echo);
    await console.endsWith("aldis>");

    console.input.end("!deploy prod");
    await console.done;

    assert.equal(console.messages.length, 0);
  });

  test("a fault of the terminal ends it", async () => {
    const console = terminal(echo);
    await console.endsWith("aldis>");

    console.input.destroy(Object.assign(new Error("read EIO"), { code: "EIO" }));
    await console.done;

    assert.equal(console.stderr(), "");
  });

  test("stopping it gives the terminal back at once; a running command goes on being shown", async () => {
    const script = waiting();
    const console = terminal(script);
    console.input.write("!wait\r!two\r");
    await console.sees("partly");

    await console.stop();
    script.release();
    await console.sees("cancelled");

    assert.equal(console.messages.length, 1);
    assert.deepEqual(console.screen(), ["aldis> !wait", "partly done", "cancelled"]);
  });
});

describe("colour", () => {
  const script: Script = {
    handle: async (message, conversation) => {
      if (message.text === "no") return conversation.tell(refuse("denied"));
      await runs(
        conversation,
        (view) => {
          view.state("waiting", "none matches");
          view.output("stdout", Buffer.from("out\n"));
          view.output("stderr", Buffer.from("err\n"));
        },
        { state: "failed", exitCode: 3 },
      );
    },
  };

  test("tells stderr, notes and problems from output", async () => {
    const console = terminal({ ...script, hasColours: true });

    console.input.write("!x\rno\r");
    await console.sees("denied");

    assert.ok(console.stdout().includes("\x1b[2mwaiting for a relay: none matches\x1b[22m\nout\n"));
    assert.ok(console.stdout().includes("\x1b[31mfailed with exit code 3\x1b[39m\n"));
    assert.ok(console.stdout().includes("\x1b[31mdenied\x1b[39m\n"));
    assert.equal(console.stderr(), "\x1b[33merr\n\x1b[39m");
  });

  test("is left out where the terminal has none", async () => {
    const console = terminal(script);

    console.input.write("!x\rno\r");
    await console.sees("denied");

    // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
    assert.doesNotMatch(console.stdout() + console.stderr(), /\x1b\[\d*m/);
  });
});

describe("the Tab key", () => {
  const names = async () => ["!demo:echo", "!demo:env", "!echo"];

  test("completes the name of a command", async () => {
    const console = terminal({ ...echo, completions: names });
    await console.endsWith("aldis>");

    console.input.write("!ec\t");
    await console.endsWith("aldis> !echo");
    console.input.write("hello\r");
    await waitFor(() => console.messages.length > 0);

    assert.equal(console.messages[0]?.text, "!echo hello");
  });

  test("does nothing when names cannot be had", async () => {
    let asked = false;
    const console = terminal({
      ...echo,
      completions: async () => {
        asked = true;
        throw new Error("the database has gone");
      },
    });
    await console.endsWith("aldis>");

    console.input.write("!ec\t");
    await waitFor(() => asked);
    console.input.write("ho\r");
    await waitFor(() => console.messages.length > 0);

    assert.equal(console.messages[0]?.text, "!echo");
  });

  test("answered after the console was left changes nothing", async () => {
    let isAsked = false;
    let answer: (names: string[]) => void = () => {};
    const console = terminal({
      completions: () =>
        new Promise((resolve) => {
          isAsked = true;
          answer = resolve;
        }),
    });
    await console.endsWith("aldis>");

    console.input.write("\t");
    await waitFor(() => isAsked);
    await console.stop();
    answer(["!echo"]);
    await new Promise(setImmediate);

    assert.ok(!console.stdout().includes("!echo"));
  });
});
