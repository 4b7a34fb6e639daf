import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../relay/process/package-root.ts";
import { SITE_PERMISSIONS } from "../access/permissions.ts";
import type { Bundle } from "./bundle.ts";
import { loadBundle } from "./load.ts";
import { printBundleError } from "./problem.ts";

/** The bot's own commands, from bundles/aldis.yaml. */
export async function loadBuiltIn(): Promise<Bundle> {
  const file = "bundles/aldis.yaml";
  const text = await readFile(join(packageRoot(), file), "utf8");
  const declaredPermissions = new Set(Object.keys(SITE_PERMISSIONS));
  const loaded = loadBundle(text, file, { isBuiltIn: true, declaredPermissions });
  if (loaded.ok) return loaded.bundle;
  throw new TypeError(loaded.errors.map(printBundleError).join("\n"));
}
