import { expect, test } from "vitest";
import { withLogContext } from "../../../relay/process/log-context.ts";
import { createLogger } from "../../../relay/process/logger.ts";

function recording(pretty = false) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLogger({ level: "info", pretty, destination }) };
}

test("writes JSON lines of the chosen level and above", () => {
  const { lines, log } = recording();

  log.debug("hidden");
  log.info({ exitCode: 0 }, "execution finished");

  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "info",
    exitCode: 0,
    msg: "execution finished",
  });
});

test("masks fields named like secrets, on the top and two levels below", () => {
  const { lines, log } = recording();

  log.info({ password: "hunter2", slack: { token: "hunter2", deep: { secret: "hunter2" } } }, "x");

  expect(lines[0]).not.toContain("hunter2");
  expect(lines[0]).toContain('"password":"•••"');
});

test("puts the ids of the work at hand on every line within it, across awaits", async () => {
  const { lines, log } = recording();
  const work = (invocationId: string) =>
    withLogContext({ invocationId }, async () => {
      await Promise.resolve();
      withLogContext({ executionId: "e" }, () => log.info("inner"));
      log.child({ relayId: "r" }).info("outer");
    });

  await Promise.all([work("one"), work("two")]);
  log.info("outside");

  const seen = lines.map((line) => JSON.parse(line));
  expect(seen.filter((line) => line.invocationId === "one")).toMatchObject([
    { msg: "inner", executionId: "e" },
    { msg: "outer", relayId: "r" },
  ]);
  expect(seen.at(-1)).not.toHaveProperty("invocationId");
});

test("writes one short line for people", () => {
  const { lines, log } = recording(true);

  log.warn({ server: "bus:4222", reason: "not there", err: new Error("why") }, "bus lost");

  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d WARN {2}bus lost \(why\) server=bus:4222 reason="not there"\n$/,
  );
});
