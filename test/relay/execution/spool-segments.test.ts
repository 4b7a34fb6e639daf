import assert from "node:assert/strict";
import { cp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "vitest";
import { Spool } from "../../../relay/execution/spool.ts";
import { groupSegments } from "../../../relay/execution/spool-recover.ts";
import { SpoolSpace } from "../../../relay/execution/spool-space.ts";
import { realDisk } from "../../../relay/process/disk.ts";
import { OutputDigest } from "../../../relay/wire/output-digest.ts";
import { waitFor } from "../../support/wait.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

const MIB = 2 ** 20;
const NAME = "execution.1";

async function newSpool({ limitBytes = 64 * MIB } = {}) {
  const directory = await temporaryDirectory();
  const space = new SpoolSpace({ limitBytes, executions: 2 });
  const spool = new Spool(realDisk, join(directory, NAME), 1024 * MIB, space);
  return { directory, space, spool, files: () => readdir(directory) };
}

/** Another life on a copy of the disk. */
async function again(directory: string) {
  const copy = await temporaryDirectory();
  await cp(directory, copy, { recursive: true });
  return recoveredIn(copy);
}

async function recoveredIn(directory: string) {
  const numbers = groupSegments(await readdir(directory)).get(NAME) ?? [];
  const spool = new Spool(realDisk, join(directory, NAME), 0);
  await spool.recover(numbers);
  return { directory, spool };
}

async function print(spool: Spool, bytes: number): Promise<void> {
  for (let at = 0; at < bytes; at += MIB / 4) {
    await spool.append("stdout", Buffer.alloc(MIB / 4, String(at)));
  }
}

async function readAll(spool: Spool): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let at = spool.start; at < spool.length; at += pieces.at(-1)?.length ?? 0) {
    pieces.push(await spool.read(at, 128 * 1024));
  }
  return Buffer.concat(pieces);
}

describe("a spool of several files", () => {
  test("is read as one, without a piece that reaches over the end of a file", async () => {
    const { spool, files } = await newSpool();
    await print(spool, 10 * MIB);

    const digest = new OutputDigest();
    digest.update(await readAll(spool));

    assert.deepEqual((await files()).sort(), [NAME, `${NAME}.1`, `${NAME}.2`]);
    assert.equal(digest.value(), spool.digest());
    await spool.close();
  });

  test("loses each file once all of it is confirmed, but not the newest", async () => {
    const { spool, space, files } = await newSpool();
    await print(spool, 10 * MIB);

    spool.confirm(5 * MIB);
    await waitFor(async () => (await files()).length === 2);
    assert.ok(spool.start > 4 * MIB && spool.start <= 5 * MIB);
    spool.confirm(spool.length);
    await waitFor(() => space.usedBytes < 4 * MIB);

    assert.deepEqual(await files(), [`${NAME}.2`]);
    assert.equal(space.usedBytes, spool.length - spool.start);
    await spool.remove();
    assert.deepEqual(await files(), []);
    assert.equal(space.usedBytes, 0);
  });

  test("tells length and digest of the whole after a crash, although files are gone", async () => {
    const { directory, spool, files } = await newSpool();
    await print(spool, 10 * MIB);
    spool.confirm(9 * MIB);
    await waitFor(async () => (await files()).length === 1);

    const after = await again(directory);

    assert.deepEqual(
      [after.spool.start, after.spool.length, after.spool.digest()],
      [spool.start, spool.length, spool.digest()],
    );
    assert.deepEqual(await readAll(after.spool), await readAll(spool));
    await spool.close();
  });

  test("takes up nothing behind a gap that a power cut has left", async () => {
    const { directory, spool } = await newSpool();
    await print(spool, 10 * MIB);
    await spool.close();
    await truncate(join(directory, `${NAME}.1`), 3 * MIB);

    const after = await again(directory);

    assert.ok(after.spool.length > 6 * MIB && after.spool.length < 8 * MIB);
    assert.deepEqual((await readdir(after.directory)).sort(), [NAME, `${NAME}.1`]);
    const digest = new OutputDigest();
    digest.update(await readAll(after.spool));
    assert.equal(after.spool.digest(), digest.value());
  });

  test("takes up no file whose head was not written, nor one of other output", async () => {
    const { directory, spool } = await newSpool();
    await print(spool, 5 * MIB);
    await spool.close();
    const other = await newSpool();
    await other.spool.append("stderr", Buffer.from("other"));
    await print(other.spool, 5 * MIB);
    await other.spool.close();
    await cp(join(other.directory, `${NAME}.1`), join(directory, `${NAME}.1`));
    await writeFile(join(directory, `${NAME}.2`), "half a he");

    const after = await again(directory);

    assert.deepEqual(await readdir(after.directory), [NAME]);
    assert.equal(after.spool.length, 4 * MIB + 5 * 128);
  });

  test("says that its files are gone when somebody has removed them", async () => {
    const { directory, spool } = await newSpool();
    await print(spool, 5 * MIB);
    await rm(join(directory, NAME));

    await assert.rejects(spool.read(0, 1000), /execution\.1 is gone/);
    await spool.close();
  });
});
