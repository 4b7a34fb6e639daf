import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { describe, test } from "vitest";
import { begin, runtimeContract } from "../runtime.contract.ts";
import { forkedRuntime, possibleIsolations } from "./isolations.ts";
import { newMark, runningWith } from "./marked.ts";

const isolations = await possibleIsolations();

for (const isolation of isolations) {
  runtimeContract(`native, ${isolation}`, () => forkedRuntime(isolation));
}

/** Its leader ends once the other process has left the session. */
function leaving(mark: string): string {
  const leave = `setsid --fork sh -c 'touch gone; exec sleep ${mark}' > /dev/null 2>&1`;
  return `${leave}; until [ -e gone ]; do sleep 0.01; done`;
}

describe("a process that has left its group", () => {
  test.runIf(isolations.includes("pid-namespace"))(
    "ends with its command in a PID namespace",
    async () => {
      const mark = newMark();

      const exit = await begin(forkedRuntime("pid-namespace"), ["sh", "-c", leaving(mark)]).exit;

      assert.deepEqual(exit, { kind: "exited", code: 0 });
      assert.deepEqual(runningWith(mark), []);
    },
  );

  test.runIf(isolations.includes("bubblewrap"))("ends with its command in bubblewrap", async () => {
    const mark = newMark();

    await begin(forkedRuntime("bubblewrap"), ["sh", "-c", leaving(mark)]).exit;

    assert.deepEqual(runningWith(mark), []);
  });

  test("outlives its command without isolation", async () => {
    const mark = newMark();

    await begin(forkedRuntime("none"), ["sh", "-c", leaving(mark)]).exit;
    const [left] = runningWith(mark);

    assert.ok(left !== undefined);
    process.kill(left, "SIGKILL");
  });
});

describe("a permission that has run out on the way", () => {
  const runtime = forkedRuntime("none");

  test("starts nothing", async () => {
    const run = begin(runtime, ["echo", "begun"], { mayStartWithinMs: () => -1 });

    assert.deepEqual(await run.exit, { kind: "withheld" });
    assert.deepEqual([run.stdout(), run.handles], ["", []]);
  });

  test("starts it while it holds", async () => {
    const run = begin(runtime, ["echo", "begun"], { mayStartWithinMs: () => 60_000 });

    assert.deepEqual(await run.exit, { kind: "exited", code: 0 });
  });
});

/** As root's, `nsenter` would load that before it has become another user. */
const isRootIsolated = process.getuid?.() === 0 && isolations.includes("pid-namespace");
const env = { LD_PRELOAD: "/tmp/no-such-library.so" };

test.runIf(isRootIsolated)("a variable that the loader follows is refused", async () => {
  const exit = await begin(forkedRuntime("pid-namespace"), ["true"], { env }).exit;

  assert.equal(exit.kind, "not-started");
  assert.match("reason" in exit ? String(exit.reason) : "", /LD_PRELOAD/);
});

test("without isolation it is the command's alone, and given", async () => {
  const run = begin(forkedRuntime("none"), ["sh", "-c", 'echo "$LD_PRELOAD"'], { env });

  assert.deepEqual(await run.exit, { kind: "exited", code: 0 });
  assert.equal(run.stdout().trim(), env.LD_PRELOAD);
});

test.runIf(isolations.includes("pid-namespace"))(
  "sees none of the host's processes in a PID namespace",
  async () => {
    const script = "ls /proc | grep -c '^[0-9]'";
    const inside = begin(forkedRuntime("pid-namespace"), ["sh", "-c", script]);
    const outside = begin(forkedRuntime("none"), ["sh", "-c", script]);

    await Promise.all([inside.exit, outside.exit]);

    assert.ok(Number(inside.stdout()) <= 6, inside.stdout());
    assert.ok(Number(outside.stdout()) > Number(inside.stdout()));
  },
);

test.runIf(isolations.includes("bubblewrap"))(
  "bubblewrap gives a read-only root and a temporary folder of its own",
  async () => {
    const probe =
      "touch /tmp/$MARK && echo tmp; touch /var/tmp/$MARK && echo root; touch own && echo own";
    const mark = { MARK: `aldis-test-${newMark()}` };
    const script = ["sh", "-c", `${probe}; true`];

    const inside = begin(forkedRuntime("bubblewrap"), script, { env: mark });
    await inside.exit;
    const outside = begin(forkedRuntime("none"), script, { env: mark });
    await outside.exit;
    const leftByOutside = [`/tmp/${mark.MARK}`, `/var/tmp/${mark.MARK}`].filter(existsSync);
    for (const path of leftByOutside) rmSync(path);

    assert.equal(inside.stdout(), "tmp\nown\n");
    assert.equal(outside.stdout(), "tmp\nroot\nown\n");
  },
);
