import assert from "node:assert/strict";
import { test } from "vitest";
import { exitOf, exitOfRefusal } from "../../../../relay/runtime/engine/exit.ts";
import type { Exit } from "../../../../relay/runtime/runtime.ts";

const MIB = 1024 * 1024;
const RUNC = "runc create failed: unable to start container process";

test.each<[number, Exit]>([
  [0, { kind: "exited", code: 0 }],
  [7, { kind: "exited", code: 7 }],
  [128, { kind: "exited", code: 128 }],
  [137, { kind: "signalled", signal: "SIGKILL" }],
  [143, { kind: "signalled", signal: "SIGTERM" }],
  [255, { kind: "exited", code: 255 }],
])("reads the engine's exit code %i as a shell would", (code, exit) => {
  assert.deepEqual(exitOf(code), exit);
});

test("says that memory ran out, unless the command has succeeded all the same", () => {
  const reason = "out of memory: its limit is 64 MiB";

  assert.deepEqual(exitOf(137, 64 * MIB), { kind: "signalled", signal: "SIGKILL", reason });
  assert.deepEqual(exitOf(3, 64 * MIB), { kind: "exited", code: 3, reason });
  assert.deepEqual(exitOf(0, 64 * MIB), { kind: "exited", code: 0 });
});

test.each([
  [127, `${RUNC}: exec: "x": executable file not found in $PATH: unknown`],
  [127, `${RUNC}: exec: "/x": stat /x: no such file or directory`],
  [126, `${RUNC}: exec: "/etc/passwd": permission denied`],
  [126, "the engine is tired"],
])("takes code %i from why the engine did not start: %s", (code, message) => {
  const exit = exitOfRefusal(message);

  assert.equal(exit.kind === "not-started" && exit.code, code);
});
