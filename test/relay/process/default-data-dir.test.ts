import assert from "node:assert/strict";
import { test } from "vitest";
import { defaultDataDirectory } from "../../../relay/process/data-dir.ts";

test("state lies in the system's folder for root and in one's own for others", () => {
  const user = { uid: 1000, homedir: "/home/ada" };

  assert.equal(defaultDataDirectory({}, { uid: 0, homedir: "/root" }), "/var/lib/aldis");
  assert.equal(defaultDataDirectory({}, user), "/home/ada/.local/share/aldis");
  assert.equal(defaultDataDirectory({ XDG_DATA_HOME: "/data" }, user), "/data/aldis");
});
