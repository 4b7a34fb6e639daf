import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, onTestFinished, test } from "vitest";
import { enterArgv } from "../../../../relay/runtime/native/isolation.ts";
import {
  childrenOf,
  createNamespaces,
  type Namespace,
} from "../../../../relay/runtime/native/namespaces.ts";
import { waitFor } from "../../../support/wait.ts";
import { possibleIsolations } from "./isolations.ts";
import { newMark, runningWith } from "./marked.ts";

const isRoot = process.getuid?.() === 0;
const isPossible = isRoot && (await possibleIsolations()).includes("pid-namespace");

describe.runIf(isPossible)("a PID namespace", () => {
  test("is kept for the next command where nothing is left in it", async () => {
    const namespaces = rootNamespaces();
    const first = await namespaces.take("/");
    runIn(first, "true");

    await namespaces.giveBack(first);

    assert.equal(await namespaces.take("/"), first);
  });

  test("is ended with whatever a command has left in it", async () => {
    const namespaces = rootNamespaces();
    const first = await namespaces.take("/");
    const mark = newMark();
    runIn(first, `setsid sleep ${mark} > /dev/null 2>&1 &`);
    await waitFor(() => runningWith(mark).length === 1);

    await namespaces.giveBack(first);

    assert.deepEqual(runningWith(mark), []);
    assert.notEqual(await namespaces.take("/"), first);
  });

  test("outlives the orphans that end in it", async () => {
    const namespaces = rootNamespaces();
    const first = await namespaces.take("/");
    runIn(first, "sleep 0.05 > /dev/null 2>&1 &");
    await waitFor(() => childrenOf(first.first).length === 0, { what: "the orphan to be reaped" });

    await namespaces.giveBack(first);

    assert.equal(await namespaces.take("/"), first);
    runIn(first, "true");
  });

  test("that was ended from outside is not used again", async () => {
    const namespaces = rootNamespaces();
    const first = await namespaces.take("/");
    await namespaces.giveBack(first);

    process.kill(first.first, "SIGKILL");
    await first.ended;

    assert.notEqual(await namespaces.take("/"), first);
  });
});

function rootNamespaces() {
  const namespaces = createNamespaces("pid-namespace", true);
  onTestFinished(() => namespaces.endAll());
  return namespaces;
}

function runIn({ first }: Namespace, script: string): void {
  const account = { uid: 65534, gid: 65534 };
  const [program = "", ...words] = enterArgv(first, "/", account, ["sh", "-c", script]);
  execFileSync(program, words, { stdio: "ignore" });
}
