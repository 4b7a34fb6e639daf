import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { waitFor } from "../../../support/wait.ts";
import { runs } from "./scripted-console.ts";
import { CTRL_C, echo, terminal, waiting } from "./scripted-terminal.ts";

describe("Ctrl-C at a terminal", () => {
  test("says at an empty prompt how to leave, and leaves the second time", async () => {
    const console = terminal(echo);
    await console.endsWith("aldis>");

    console.input.write(CTRL_C);
    await console.sees("to leave");
    const afterOne = console.screen();
    console.input.write(CTRL_C);
    await console.done;

    assert.deepEqual(afterOne, ["to leave: Ctrl-C again, Ctrl-D or exit", "aldis>"]);
  });

  test("does not leave when something was typed in between", async () => {
    const console = terminal(echo);

    console.input.write(`${CTRL_C}!one\r`);
    await console.sees("!one\n");
    console.input.write(`x${CTRL_C}${CTRL_C}`);
    await waitFor(() => console.stdout().split("to leave").length === 3);
    console.input.write("!two\r");
    await console.sees("!two\n");

    assert.equal(console.messages.length, 2);
  });

  test("gives up a line that was not finished", async () => {
    const console = terminal(echo);

    console.input.write(`!rm${CTRL_C}!ls\r`);
    await console.sees("!ls\n");

    assert.deepEqual(console.screen().slice(0, 3), ["aldis> !rm^C", "aldis> !ls", "!ls"]);
  });

  test("cancels what runs, once, and drops what was typed ahead", async () => {
    const script = waiting();
    const console = terminal(script);
    console.input.write("!wait\r!two\rthree");
    await console.sees("partly");

    console.input.write(CTRL_C);
    await console.sees("cancelling demo:wait");
    script.release();
    await console.endsWith("aldis>");

    assert.deepEqual(console.cancelled, ["execution"]);
    assert.deepEqual(console.screen(), [
      "aldis> !wait",
      "partly",
      "cancelling demo:wait … (Ctrl-C again: do not wait for it)",
      " done",
      "cancelled",
      "aldis>",
    ]);
  });

  test("in one go with a line keeps the line from being run", async () => {
    const console = terminal(echo);
    await console.endsWith("aldis>");

    console.input.write(`!rm\r${CTRL_C}`);
    await console.endsWith("aldis>");
    console.input.write("!ls\r");
    await console.sees("!ls\n");

    assert.deepEqual(
      console.messages.map(({ text }) => text),
      ["!ls"],
    );
  });

  test("twice gives the prompt back, and the end is told above what is typed then", async () => {
    const script = waiting();
    const console = terminal({ ...script, columns: 60 });
    console.input.write("!wait\r");
    await console.sees("partly");

    console.input.write(CTRL_C + CTRL_C);
    await console.endsWith("aldis>");
    console.input.write("y".repeat(70));
    await console.endsWith("y".repeat(17));
    script.release();
    await console.sees("demo:wait: cancelled");

    assert.deepEqual(console.screen(), [
      "aldis> !wait",
      "partly",
      "cancelling demo:wait … (Ctrl-C again: do not wait for it)",
      "not waiting for the answer any longer; the relay will still",
      "confirm the end of demo:wait",
      "demo:wait: cancelled",
      `aldis> ${"y".repeat(53)}`,
      "y".repeat(17),
    ]);
    assert.deepEqual(console.cancelled, ["execution"]);
  });

  test("before anything runs cancels what is started after it", async () => {
    let go = () => {};
    const console = terminal({
      handle: async (_, conversation) => {
        await new Promise<void>((resolve) => {
          go = resolve;
        });
        await runs(conversation, () => {}, { state: "cancelled" });
      },
    });
    console.input.write("!x\r");
    await waitFor(() => console.messages.length > 0);

    console.input.write(CTRL_C);
    await console.sees("what starts now will be cancelled");
    go();
    await console.sees("cancelled\n");

    assert.deepEqual(console.cancelled, ["execution"]);
  });

  test("may be tried again when the cancel met a fault", async () => {
    const faults = [new Error("the database has gone")];
    const script = waiting();
    const console = terminal({
      ...script,
      cancel: async () => {
        const fault = faults.pop();
        if (fault) throw fault;
        script.release();
      },
    });
    console.input.write("!wait\r");
    await console.sees("partly");

    console.input.write(CTRL_C);
    await console.sees("demo:wait was not cancelled");
    console.input.write(CTRL_C);
    await console.endsWith("aldis>");

    assert.ok(console.stdout().includes("cancelled\n"));
  });
});
