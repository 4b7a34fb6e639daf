import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../../relay/process/package-root.ts";
import { type BundleStore, enableBundle, installBundle } from "../../bundles/installed.ts";

/** Gives a first start something to run. */
export async function installDemo(
  deps: BundleStore,
  workspaceId: string,
  userId?: string,
): Promise<void> {
  const file = "bundles/demo.yaml";
  const text = await readFile(join(packageRoot(), file), "utf8");
  const actor = { userId, method: "system" };
  const installed = await installBundle(deps, workspaceId, { text, file }, actor);
  if (!installed.ok) throw new TypeError(installed.errors.join("\n"));
  await enableBundle(deps.store, workspaceId, installed.bundle.name, undefined, actor);
}
