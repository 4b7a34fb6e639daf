import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, onTestFinished, test } from "vitest";
import { ISOLATIONS, type Isolation } from "../../../../relay/runtime/native/isolation.ts";
import { startNode } from "../../../support/processes.ts";
import { waitFor } from "../../../support/wait.ts";
import { begin } from "../runtime.contract.ts";
import { forkedRuntime, possibleIsolations } from "./isolations.ts";
import { childOf, newMark, runningWith } from "./marked.ts";

const isolations = await possibleIsolations();
const isolated = ISOLATIONS.filter((name) => name !== "none");

/** A program that runs a command, of which one process has left its session. */
async function commandWithEscaped(isolation: Isolation, mark: string) {
  const script = `setsid sleep ${mark} & sleep ${mark} & echo running; wait; wait`;
  const program = join(import.meta.dirname, "forked-run.sample.ts");
  const relay = startNode([program, isolation, script]);
  await waitFor(() => runningWith(mark).length === 2, { what: "both processes" });
  return relay;
}

describe("after SIGKILL to the relay", () => {
  for (const isolation of isolated) {
    const isHere = isolations.includes(isolation);
    test.runIf(isHere)(`nothing of a command is left in ${isolation}`, async () => {
      const mark = newMark();
      const relay = await commandWithEscaped(isolation, mark);

      relay.kill("SIGKILL");
      await relay.exit;

      await waitFor(() => runningWith(mark).length === 0, { what: "all of it to end" });
    });
  }

  test("only what has left its group is left without isolation", async () => {
    const mark = newMark();
    const relay = await commandWithEscaped("none", mark);

    relay.kill("SIGKILL");
    await relay.exit;
    await waitFor(() => runningWith(mark).length < 2, { what: "the group to end" });
    const left = runningWith(mark);

    assert.equal(left.length, 1);
    for (const pid of left) process.kill(pid, "SIGKILL");
  });
});

for (const isolation of isolations) {
  test(`${isolation}: a forker that is killed takes its commands along, and has a successor`, async () => {
    const mark = newMark();
    const runtime = forkedRuntime(isolation);
    onTestFinished(() => runtime.stop?.());
    const run = begin(runtime, ["sh", "-c", `echo ready; sleep ${mark}`]);
    await waitFor(() => run.stdout() !== "" && runningWith(mark).length === 1);

    process.kill(childOf(process.pid, "forker"), "SIGKILL");

    assert.equal((await run.exit).kind, "lost");
    await waitFor(() => runningWith(mark).length === 0, { what: "the command to end" });
    assert.deepEqual(await begin(runtime, ["true"]).exit, { kind: "exited", code: 0 });
  });
}
