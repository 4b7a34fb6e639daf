import { expect, test } from "vitest";
import { directoryFault, postgresFault } from "../../../../bot/store/embedded/faults.ts";

test.each([
  [
    ["initdb: error: could not write to file: No space left on device"],
    /^no space left on the disk/,
  ],
  [
    ["LOG:  starting", "PANIC:  could not locate a valid checkpoint record", "LOG:  aborting"],
    /^it failed in \/data: PANIC: could not locate .*; restore it from a backup/,
  ],
  [
    ["FATAL:  incompatible", "DETAIL:  initialized by PostgreSQL version 17"],
    /FATAL: incompatible DETAIL: initialized by PostgreSQL version 17;/,
  ],
  [['FATAL:  could not open file "x": Permission denied'], /; make it readable and writable/],
  [[], /it said nothing/],
])("makes one line of %j", (lines, expected) => {
  const { message } = postgresFault("it failed", "/data", lines);

  expect(message).toMatch(expected);
  expect(message).not.toContain("\n");
});

test.each([
  ["EACCES: permission denied", /^\/data is not writable; set ALDIS_DATA_DIR/],
  ["EROFS: read-only file system", /^\/data is not writable/],
  ["ENOSPC: no space left on device", /^no space left on the disk that holds \/data/],
  ["ENOTDIR: not a directory", /^cannot prepare \/data: ENOTDIR/],
])("says what to do about %s", (reason, expected) => {
  expect(directoryFault("/data", new Error(reason)).message).toMatch(expected);
});
