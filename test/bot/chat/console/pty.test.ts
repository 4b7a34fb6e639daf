import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { searchPath } from "../../../support/nats-server-binary.ts";
import { needs } from "../../../support/needs.ts";
import { consoleOnPty } from "./pty.ts";
import { CTRL_C, CTRL_D } from "./scripted-terminal.ts";

describe("on a real terminal", () => {
  needs("util-linux' script", process.platform === "linux" && searchPath("script") !== undefined);

  test("a typed line is answered, and Ctrl-D leaves with exit code 0", async () => {
    const pty = consoleOnPty();
    await pty.sees("aldis> ");

    pty.press("!echo hello\r");
    await pty.sees("!echo hello\r");
    await pty.sees("\nhello\r\n");
    await pty.sees("aldis> ");
    pty.press(CTRL_D);

    assert.equal(await pty.exitCode, 0);
  });

  test("the terminal is given back as it was", async () => {
    const pty = consoleOnPty({ afterwards: "stty -a" });
    await pty.sees("aldis> ");

    pty.press("exit\r");
    await pty.exitCode;

    assert.match(pty.shown(), /[ ;]icanon/);
    assert.match(pty.shown(), /[ ;]echo[ ;]/);
  });

  test("Ctrl-C cancels what runs, and leaves only at the prompt", async () => {
    const pty = consoleOnPty();
    await pty.sees("aldis> ");
    pty.press("!sleep\r");
    await pty.sees("asleep");

    pty.press(CTRL_C);
    await pty.sees("cancelling demo:sleep");
    await pty.sees("cancelled");
    await pty.sees("aldis> ");
    pty.press(CTRL_C);
    await pty.sees("to leave");
    await pty.sees("aldis> ");
    pty.press(CTRL_C);

    assert.equal(await pty.exitCode, 0);
  });

  test("Ctrl-C twice gives the prompt back before the relay has confirmed", async () => {
    const pty = consoleOnPty();
    await pty.sees("aldis> ");
    pty.press("!stubborn\r!echo dropped\r");
    await pty.sees("!stubborn\r\r\n");

    pty.press(CTRL_C);
    await pty.sees("cancelling demo:stubborn");
    pty.press(CTRL_C);
    await pty.sees("not waiting");
    await pty.sees("aldis> ");
    pty.press("!confirm\r");
    await pty.sees("demo:stubborn: cancelled");
    pty.press("exit\r");

    assert.equal(await pty.exitCode, 0);
    assert.ok(!pty.shown().includes("dropped"));
  });

  test("the Tab key completes, and the arrow brings back the last line", async () => {
    const pty = consoleOnPty();
    await pty.sees("aldis> ");

    pty.press("!ec\t");
    await pty.sees("ho ");
    pty.press("one\r");
    await pty.sees("\none\r\n");
    await pty.sees("aldis> ");
    pty.press("\x1b[A");
    await pty.sees("!echo one");
    pty.press("\r");
    await pty.sees("\none\r\n");
    pty.press(CTRL_D);

    assert.equal(await pty.exitCode, 0);
  });

  test("output of a command cannot act on the terminal", async () => {
    const pty = consoleOnPty();
    await pty.sees("aldis> ");

    pty.press("!hostile\r");
    await pty.sees("beforeafter.\r\n");
    pty.press(CTRL_D);

    assert.equal(await pty.exitCode, 0);
  });

  test("refusals are red unless NO_COLOR is set", async () => {
    const [coloured, plain] = [{}, { NO_COLOR: "1" }].map((env) => consoleOnPty({ env }));
    assert.ok(coloured && plain);

    for (const pty of [coloured, plain]) {
      await pty.sees("aldis> ");
      pty.press("!nosuch\r");
      await pty.sees("no command !nosuch");
      pty.press(CTRL_D);
      await pty.exitCode;
    }

    assert.ok(coloured.shown().includes("\x1b[31mno command"));
    assert.ok(!plain.shown().includes("\x1b[31m"));
  });
});
