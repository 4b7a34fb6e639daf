import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { Spool } from "../../../relay/execution/spool.ts";
import { SpoolSpace } from "../../../relay/execution/spool-space.ts";
import { type Disk, type DiskFile, realDisk } from "../../../relay/process/disk.ts";
import { decodeFrames } from "../../../relay/wire/frames.ts";
import { outputDigestOf } from "../../../relay/wire/output-digest.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

/** A disk that takes so many bytes, and of what is too much the first half. */
function diskOf(bytes: number): Disk {
  let left = bytes;
  const bounded = (file: DiskFile): DiskFile => ({
    ...file,
    async write(piece, at) {
      if (piece.length <= left) {
        left -= piece.length;
        return file.write(piece, at);
      }
      await file.write(piece.subarray(0, left / 2), at);
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    },
  });
  return { ...realDisk, create: async (path) => bounded(await realDisk.create(path)) };
}

test("says in one line that the disk is full, and keeps what was written before", async () => {
  const directory = await temporaryDirectory();
  const space = new SpoolSpace({ limitBytes: 2 ** 20, executions: 1 });
  const spool = new Spool(diskOf(1000), join(directory, "execution.1"), 2 ** 20, space);
  await spool.append("stdout", Buffer.alloc(600, "x"));

  await assert.rejects(
    spool.append("stdout", Buffer.alloc(600, "y")),
    /^Error: its disk is full; free some space there\. What was printed until then is kept$/,
  );

  await spool.sync();
  assert.equal(space.usedBytes, spool.length);
  const frames = decodeFrames(await spool.read(0, spool.length)) ?? [];
  assert.deepEqual(Buffer.concat(frames.map(({ bytes }) => bytes)), Buffer.alloc(600, "x"));
  const [name = ""] = await readdir(directory);
  assert.equal(outputDigestOf(await readFile(join(directory, name))), spool.digest());
  await spool.close();
});
