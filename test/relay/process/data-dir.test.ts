import { mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { lockDataDirectory } from "../../../relay/process/data-dir.ts";
import { startNode } from "../../support/processes.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "aldis-data-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const holdLock = `
  const { lockDataDirectory } = await import(process.argv[1]);
  const lock = await lockDataDirectory(process.argv[2]);
  console.log(lock.locked ? "locked" : lock.message);
  if (lock.locked) setInterval(() => {}, 1000);
`;

function holder(directory: string) {
  const module = new URL("../../../relay/process/data-dir.ts", import.meta.url).href;
  return startNode(["--input-type=module", "--eval", holdLock, module, directory]);
}

test("makes the directory, private to this user", async () => {
  const lock = await lockDataDirectory(join(folder, "a/b"));

  expect(lock).toMatchObject({ locked: true });
  expect((await stat(join(folder, "a/b"))).mode & 0o777).toBe(0o700);
  if (lock.locked) await lock.release();
});

test("refuses a second process, by whatever path, and says which one holds it", async () => {
  const first = holder(folder);
  await first.waitForLine(/locked/);
  const alias = `${folder}-alias`;
  await symlink(folder, alias);
  onTestFinished(() => rm(alias));

  const second = await lockDataDirectory(alias);

  expect(second).toMatchObject({ locked: false, reason: "in-use", pid: first.pid });
  if (!second.locked) expect(second.message).toContain(`in use by the process ${first.pid}`);
});

test("is free again at once after kill -9 of its holder", async () => {
  const first = holder(folder);
  await first.waitForLine(/locked/);

  first.kill("SIGKILL");
  await first.exit;

  const lock = await lockDataDirectory(folder);
  expect(lock).toMatchObject({ locked: true });
  if (lock.locked) await lock.release();
});

test("is free again after release", async () => {
  const first = await lockDataDirectory(folder);
  if (first.locked) await first.release();

  const second = await lockDataDirectory(folder);

  expect(second.locked).toBe(true);
  if (second.locked) await second.release();
});

test("says what to do about a directory that cannot be made", async () => {
  const lock = await lockDataDirectory("/dev/null/data");

  expect(lock).toMatchObject({ locked: false, reason: "unusable" });
  if (!lock.locked) expect(lock.message).toMatch(/not usable .*ALDIS_DATA_DIR/);
});
