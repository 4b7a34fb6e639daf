import type { Bundle } from "./bundle.ts";
import { lintCommand } from "./lint-command.ts";
import { lintGort, lintGortCommand } from "./lint-gort.ts";
import { lintImage } from "./lint-image.ts";
import { lintOptions } from "./lint-options.ts";
import { lintPermissions } from "./lint-permissions.ts";
import { lintRules } from "./lint-rules.ts";
import { lintUnused, lintUnusedOfBundle } from "./lint-unused.ts";
import type { LoadedBundle } from "./load.ts";
import type { BundleError, BundleProblem } from "./problem.ts";
import type { BundleFile } from "./schema.ts";

/** What is allowed in a bundle and probably not meant. */
export function warningsOf({ bundle, parsed, locate }: LoadedBundle): BundleError[] {
  return locate(lintBundle(bundle, parsed));
}

function lintBundle(bundle: Bundle, file: BundleFile): BundleProblem[] {
  const isGort = bundle.format === "gort";
  const commands = Object.values(bundle.commands).flatMap((command) => {
    const entry = file.commands[command.name];
    const found = [
      ...lintCommand(command),
      ...lintOptions(command),
      ...lintRules(command),
      ...(isGort ? lintGortCommand(command) : []),
      ...(entry ? lintUnused(command, entry) : []),
    ];
    return found.map((problem) => ({
      ...problem,
      path: ["commands", command.name, ...problem.path],
    }));
  });
  return [
    ...lintImage(bundle, file),
    ...lintPermissions(bundle),
    ...lintUnusedOfBundle(file),
    ...lintGort(bundle, file),
    ...commands,
  ];
}
