import assert from "node:assert/strict";
import { access, appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { cutMark, Spool } from "../../../relay/execution/spool.ts";
import { realDisk } from "../../../relay/process/disk.ts";
import { decodeFrames } from "../../../relay/wire/frames.ts";
import { outputDigestOf } from "../../../relay/wire/output-digest.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

async function newSpool(limitBytes = 1024 * 1024) {
  const path = join(await temporaryDirectory(), "execution.1");
  return { path, spool: new Spool(realDisk, path, limitBytes) };
}

async function contents(spool: Spool): Promise<string[]> {
  const frames = decodeFrames(await spool.read(0, spool.length)) ?? [];
  return frames.map(({ stream, bytes }) => `${stream}: ${Buffer.from(bytes)}`);
}

test("keeps pieces apart by stream and in order, however they come", async () => {
  const { path, spool } = await newSpool();

  await Promise.all([
    spool.append("stdout", Buffer.from("one")),
    spool.append("stderr", Buffer.from("two")),
    spool.append("stdout", Buffer.from("three")),
  ]);

  assert.deepEqual(await contents(spool), ["stdout: one", "stderr: two", "stdout: three"]);
  const bytes = await readFile(path);
  assert.equal(spool.length, bytes.length);
  assert.equal(spool.digest(), outputDigestOf(bytes));
  await spool.close();
});

test("makes no file for a command that says nothing", async () => {
  const { path, spool } = await newSpool();

  await spool.sync();
  await spool.remove();

  await assert.rejects(access(path));
  assert.equal(spool.digest(), outputDigestOf(new Uint8Array()));
});

test("reads whole frames from an offset, up to a size", async () => {
  const { spool } = await newSpool();
  for (const word of ["aaaa", "bbbb", "cccc"]) await spool.append("stdout", Buffer.from(word));

  const second = await spool.read(9, 20);
  const rest = await spool.read(9 + second.length, 20);

  assert.deepEqual(
    decodeFrames(second)?.map(({ bytes }) => String(bytes)),
    ["bbbb", "cccc"],
  );
  assert.equal(rest.length, 0);
  assert.equal((await spool.read(0, 17)).length, 9);
  await spool.close();
});

test("cuts what exceeds the limit, once and visibly", async () => {
  const { spool } = await newSpool(10);

  await spool.append("stdout", Buffer.from("12345678"));
  await spool.append("stdout", Buffer.from("90abc"));
  await spool.append("stdout", Buffer.from("more"));

  assert.equal(spool.isCut, true);
  assert.deepEqual(await contents(spool), [
    "stdout: 12345678",
    "stdout: 90",
    "stderr: \n… output cut at 10 bytes\n",
  ]);
  await spool.close();
});

test("does not cut what fits exactly", async () => {
  const { spool } = await newSpool(5);

  await spool.append("stdout", Buffer.from("12345"));

  assert.equal(spool.isCut, false);
  await spool.close();
});

test("names the limit in people's units", () => {
  assert.equal(cutMark(64 * 1024 * 1024).trim(), "… output cut at 64 MiB");
});

test("takes up what another life wrote, without half a frame at its end", async () => {
  const { path, spool } = await newSpool();
  await spool.append("stdout", Buffer.alloc(3_000_000, "x"));
  await spool.append("stderr", Buffer.from("end"));
  const { length } = spool;
  const digest = spool.digest();
  await spool.close();
  await appendFile(path, Buffer.from([1, 0, 0, 0, 9, 65]));

  const recovered = new Spool(realDisk, path, 0);
  await recovered.recover([0]);

  assert.deepEqual([recovered.length, recovered.digest()], [length, digest]);
  assert.equal((await readFile(path)).length, length);
  await recovered.remove();
  await assert.rejects(access(path));
});

test("tells the one who writes when the disk does not take it", async () => {
  const spool = new Spool(realDisk, "/nowhere/at/all", 10);

  await assert.rejects(spool.append("stdout", Buffer.from("x")), /ENOENT/);
  await assert.rejects(spool.append("stdout", Buffer.from("y")), /ENOENT/);
  assert.equal(spool.length, 0);
});
