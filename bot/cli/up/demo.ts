import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { enableBundle, installBundle } from "../../bundles/installed.ts";
import type { Store } from "../../store/pool.ts";

/** Gives a first start something to run. */
export async function installDemo(
  store: Store,
  workspaceId: string,
  userId?: string,
): Promise<void> {
  const file = "bundles/demo.yaml";
  const text = await readFile(join(packageRoot(), file), "utf8");
  const actor = { userId, method: "system" };
  const installed = await installBundle(store, workspaceId, { text, file }, actor);
  if (!installed.ok) throw new TypeError(installed.errors.join("\n"));
  await enableBundle(store, workspaceId, installed.bundle.name, undefined, actor);
}
