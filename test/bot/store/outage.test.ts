import assert from "node:assert/strict";
import { test } from "vitest";
import { createFaultLog, createOutageLog } from "../../../bot/store/outage.ts";
import { createLogger } from "../../../relay/process/logger.ts";

function listeningLog() {
  const lines: { level: string; msg: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLogger({ level: "info", destination: { write } });
  return { log, said: () => lines.map(({ level, msg }) => `${level} ${msg}`) };
}

function failing(code: string): Error {
  return Object.assign(new Error("connect failed"), { code });
}

test("an outage is told once, and its end once", () => {
  const { log, said } = listeningLog();
  const outage = createOutageLog(log);

  outage.connected();
  for (const reason of ["terminated", "refused", "refused"]) outage.lost(reason);
  outage.connected();
  outage.connected();

  assert.deepEqual(said(), ["warn database connection lost", "info database reachable again"]);
});

test("a thousand messages that find no database are one warning a minute", () => {
  const { log, said } = listeningLog();
  let nowMs = 0;
  const noteFault = createFaultLog(log, () => nowMs);

  for (let count = 0; count < 1000; count++) noteFault(failing("ECONNREFUSED"), {}, "a fault");
  const early = said();
  nowMs = 60_000;
  noteFault(failing("57P01"), {}, "a fault");

  assert.deepEqual(early, ["warn a fault: the database cannot be reached"]);
  assert.equal(said().length, 2);
});

test.each([
  new Error("Connection terminated unexpectedly"),
  new Error("timeout exceeded when trying to connect"),
  new Error("Failed query", { cause: failing("ECONNRESET") }),
])("what the driver calls a lost connection is a warning: $message", (error) => {
  const { log, said } = listeningLog();

  createFaultLog(log)(error, {}, "a fault");

  assert.deepEqual(said(), ["warn a fault: the database cannot be reached"]);
});

test("every other fault is an error, each time", () => {
  const { log, said } = listeningLog();
  const noteFault = createFaultLog(log);

  for (let count = 0; count < 2; count++) noteFault(failing("23505"), {}, "a fault");

  assert.deepEqual(said(), ["error a fault", "error a fault"]);
});
