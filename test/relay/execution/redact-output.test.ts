import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { createRedaction } from "../../../relay/execution/redact.ts";
import { PAUSE_MS, redactOutput } from "../../../relay/execution/redact-output.ts";
import { type Clock, systemClock } from "../../../relay/process/clock.ts";
import type { OutputStream } from "../../../relay/wire/frames.ts";

/** A clock that moves only when told. */
function handClock() {
  const due = new Map<() => void, number>();
  const clock: Clock = {
    ...systemClock,
    after(ms, act) {
      due.set(act, ms);
      return { cancel: () => due.delete(act) };
    },
  };
  function pass(ms: number): void {
    for (const [act, after] of [...due]) {
      if (after > ms) continue;
      due.delete(act);
      act();
    }
  }
  return { clock, pass };
}

function heard(values: readonly string[]) {
  const lines: string[] = [];
  const { clock, pass } = handClock();
  const sink = async (stream: OutputStream, bytes: Uint8Array) => {
    lines.push(`${stream}: ${Buffer.from(bytes)}`);
  };
  return { lines, pass, output: redactOutput(createRedaction(values), clock, sink) };
}

describe("redacted output", () => {
  test("keeps stdout and stderr apart", async () => {
    const { lines, output } = heard(["secret"]);

    await output.take("stdout", Buffer.from("sec"));
    await output.take("stderr", Buffer.from("ret"));
    await output.take("stdout", Buffer.from("ret\n"));
    await output.end();

    assert.deepEqual(lines, ["stderr: ret", "stdout: •••\n"]);
  });

  test("shows a prompt that ends like a value begins, after a pause", async () => {
    const { lines, pass, output } = heard(["secret"]);
    await output.take("stdout", Buffer.from("your s"));
    assert.deepEqual(lines, ["stdout: your "]);

    pass(PAUSE_MS);

    assert.deepEqual(lines, ["stdout: your ", "stdout: s"]);
  });

  test("says at the end what it held back, once", async () => {
    const { lines, output } = heard(["secret"]);
    await output.take("stdout", Buffer.from("secre"));

    await output.end();
    await output.end();

    assert.deepEqual(lines, ["stdout: secre"]);
  });

  test("tells at the end of what could not be kept after a pause", async () => {
    const { clock, pass } = handClock();
    const output = redactOutput(createRedaction(["secret"]), clock, async () => {
      throw new Error("no room");
    });
    await output.take("stdout", Buffer.from("sec"));

    pass(PAUSE_MS);

    await assert.rejects(output.end(), /no room/);
  });
});
