import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageRoot } from "../../../relay/process/package-root.ts";

test.each(["", "relay/process", "dist/relay/process", "dist/bot/cli"])(
  "finds the package from %j",
  (folder) => {
    const root = packageRoot();

    expect(existsSync(join(root, "package.json"))).toBe(true);
    expect(packageRoot(join(root, folder))).toBe(root);
  },
);
