import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { whyNotExecutable } from "../../../../relay/runtime/native/find-program.ts";

const STRANGER = { uid: 4_000_001, gid: 4_000_001 };

test("says beforehand what the host would say", async () => {
  const folder = await folderWithPrograms();
  const ask = (name: string, path = folder) =>
    whyNotExecutable({ argv: [name], env: { PATH: path }, directory: folder, account: STRANGER });

  const answers = {
    found: ask("runs"),
    byPath: ask(join(folder, "runs")),
    fromTheDirectory: ask("./runs"),
    laterInThePath: ask("runs", `/no/such/folder:${folder}`),
    absent: ask("absent"),
    nameless: ask(""),
    belowAFile: ask(join(folder, "runs", "below")),
    notExecutable: ask("plain"),
    aFolder: ask("folder"),
    ofItsOwnerOnly: ask("private"),
  };

  assert.deepEqual(answers, {
    found: undefined,
    byPath: undefined,
    fromTheDirectory: undefined,
    laterInThePath: undefined,
    absent: "ENOENT",
    nameless: "ENOENT",
    belowAFile: "ENOENT",
    notExecutable: "EACCES",
    aFolder: "EACCES",
    ofItsOwnerOnly: "EACCES",
  });
});

async function folderWithPrograms(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const modes = { runs: 0o755, plain: 0o644, private: 0o700 };
  for (const [name, mode] of Object.entries(modes)) {
    await writeFile(join(folder, name), "");
    await chmod(join(folder, name), mode);
  }
  await mkdir(join(folder, "folder"));
  return folder;
}
