import { expect, onTestFinished, test } from "vitest";
import { listenForSignals } from "../../../relay/process/signals.ts";

function listening() {
  const seen: (string | number)[] = [];
  const clock = { ms: 0 };
  const signals = listenForSignals({
    onFirst: (signal) => seen.push(signal),
    exit: (code) => seen.push(code),
    now: () => clock.ms,
  });
  onTestFinished(() => signals.release());
  return { seen, clock };
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("begins to stop at the first %s and exits with %i at the second", (signal, code) => {
  const { seen, clock } = listening();

  process.emit(signal);
  expect(seen).toEqual([signal]);
  clock.ms = 1_000;
  process.emit(signal);

  expect(seen).toEqual([signal, code]);
});

test("takes the echo of a key press, as npm forwards it, for one signal", () => {
  const { seen, clock } = listening();

  process.emit("SIGINT");
  clock.ms = 50;
  process.emit("SIGINT");
  expect(seen).toEqual(["SIGINT"]);
  process.emit("SIGTERM");

  expect(seen).toEqual(["SIGINT", 143]);
});
