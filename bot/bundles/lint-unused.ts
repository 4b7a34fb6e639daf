import type { Command } from "./bundle.ts";
import type { BundleProblem } from "./problem.ts";
import type { BundleFile, CommandEntry } from "./schema.ts";

/** What only a container has. */
const OF_CONTAINERS = ["network", "mounts", "user"] as const;
const LIMITS_OF_CONTAINERS = ["memory", "cpus", "pids", "tmp"] as const;
const TEMPLATES = ["command", "command_error", "message", "message_error"] as const;

/** Keys of a command that change nothing. */
export function lintUnused(command: Command, entry: CommandEntry): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const unused = (path: BundleProblem["path"], why: string) =>
    problems.push({ path, message: `has no effect${why}` });
  if (command.delivery === "at-most-once" && command.attempts !== 3) {
    unused(["attempts"], ": the command starts at most once");
  }
  for (const key of ["input", "output"] as const) {
    if (entry[key] !== undefined) unused([key], "");
  }
  if (!command.native) return problems;
  const { user, mounts, network } = command;
  const isGiven = { network: network !== "none", mounts: mounts.length > 0, user: user !== NOBODY };
  for (const key of OF_CONTAINERS) if (isGiven[key]) unused([key], ON_NATIVE);
  for (const key of LIMITS_OF_CONTAINERS) {
    if (entry.limits[key] !== undefined) unused(["limits", key], ON_NATIVE);
  }
  return problems;
}

/** Keys of the bundle that change nothing. */
export function lintUnusedOfBundle(file: BundleFile): BundleProblem[] {
  const commands = Object.values(file.commands);
  const ignored = (["kubernetes", "input", "output", "enabled"] as const)
    .filter((key) => file[key] !== undefined)
    .map((key) => ({ path: [key], message: "has no effect" }));
  const docker = { path: ["docker"], message: "has no effect: image is given" };
  const templates = TEMPLATES.filter(
    (key) => file.templates[key] !== undefined && commands.every((one) => one.templates[key]),
  ).map((key) => ({
    path: ["templates", key],
    message: "has no effect: each command has its own",
  }));
  return [...ignored, ...(file.docker && file.image ? [docker] : []), ...templates];
}

const NOBODY = "65534:65534";
const ON_NATIVE = ": the command is native";
