import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { BOT_KEYS } from "../../../bot/config.ts";
import { RELAY_KEYS } from "../../../relay/config.ts";
import { variableOf } from "../../../relay/process/config-keys.ts";
import { armFaultPoint, FAULT_VARIABLES, reach } from "../../../relay/process/fault-point.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

/** The id of an execution that is recorded so much later. */
const later = (ms: number) => uuidv7(Date.now() + ms);

/** A fault point whose pause is over before it begins. */
async function arm(text: string) {
  const file = join(await temporaryDirectory(), "fault");
  await writeFile(`${file}.release`, "");
  const warnings: string[] = [];
  const warn = (_: unknown, message: string) => void warnings.push(message);
  armFaultPoint({ ALDIS_FAULT_POINT: text, ALDIS_FAULT_FILE: file }, { warn });
  return { file, warnings };
}

test("the named execution meets the fault at the named step, once, and a warning says so", async () => {
  const { file, warnings } = await arm("claim-sent:2=pause");
  const [a, b, c, d] = [later(1), later(2), later(3), later(4)] as const;

  for (const execution of [a, b, c, b]) reach("claim-sent", execution);
  reach("started", d);

  assert.equal(await readFile(file, "utf8"), `claim-sent ${b}\n`);
  assert.match(warnings.join(), /on purpose/);
});

test("an execution that an earlier process left meets nothing", async () => {
  const earlier = uuidv7(Date.now() - 1);
  const { file } = await arm("receipt-received=pause");
  const own = later(1);

  for (const execution of [earlier, own]) reach("receipt-received", execution);

  assert.equal(await readFile(file, "utf8"), `receipt-received ${own}\n`);
});

test.each(["nowhere=kill", "started=explode", "started", "started:x=kill"])(
  "%s arms nothing, and a warning says so",
  async (text) => {
    const { file, warnings } = await arm(text);

    reach("started", later(1));

    assert.equal(existsSync(file), false);
    assert.match(warnings.join(), /has no effect/);
  },
);

test("no configuration file has a key for it", () => {
  const variables = [...BOT_KEYS, ...RELAY_KEYS].map(({ path }) => variableOf(path));

  assert.deepEqual(
    FAULT_VARIABLES.filter((name) => variables.includes(name)),
    [],
  );
});
