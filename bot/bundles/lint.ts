import { permissionsIn } from "../rules/requirement.ts";
import type { Condition } from "../rules/syntax.ts";
import type { Bundle, Command } from "./bundle.ts";
import type { BundleProblem } from "./problem.ts";
import type { BundleFile, CommandEntry } from "./schema.ts";

/** Finds what is allowed in a bundle and probably not meant. */
export function lintBundle(bundle: Bundle, file: BundleFile): BundleProblem[] {
  const commands = Object.values(bundle.commands).flatMap((command) => {
    const entry = file.commands[command.name];
    const found = [...lintCommand(command), ...(entry ? lintEntry(entry) : [])];
    return found.map((problem) => ({
      ...problem,
      path: ["commands", command.name, ...problem.path],
    }));
  });
  return [
    ...lintImage(bundle, file),
    ...lintPermissions(bundle),
    ...lintGort(bundle, file),
    ...commands,
  ];
}

function lintCommand(command: Command): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const warn = (path: BundleProblem["path"], message: string) => problems.push({ path, message });
  if (command.description === "") warn([], "has no description, so help has nothing to say");
  if (command.rules.length === 0) warn([], "has no rule, so nobody may run it");
  if (!command.declaresOptions) {
    warn([], "declares no options: a rule on one, or on what follows one, may not be decidable");
  }
  const neverMatching = Object.entries(command.selector.tags).find(
    ([, values]) => values.length === 0,
  );
  if (neverMatching) warn(["relay"], `no relay can match: ${neverMatching[0]} has no value left`);
  command.rules.forEach(({ condition }, index) => {
    if (condition && comparesAll(condition)) {
      const message = "compares all arguments or options at once; say any or all";
      warn(["rules", index], message);
    }
  });
  return problems;
}

function lintEntry(entry: CommandEntry): BundleProblem[] {
  const problems: BundleProblem[] = [];
  if (entry.delivery === "at-most-once" && entry.attempts !== 3) {
    problems.push({
      path: ["attempts"],
      message: "has no effect: the command starts at most once",
    });
  }
  for (const key of ["input", "output"] as const) {
    if (entry[key] !== undefined) problems.push({ path: [key], message: "has no effect" });
  }
  return problems;
}

function lintImage({ image }: Bundle, file: BundleFile): BundleProblem[] {
  if (image === undefined || image.includes("@")) return [];
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  if (tag !== undefined && tag !== "latest") return [];
  const path = [file.image === undefined ? "docker" : "image"];
  return [{ path, message: "names no version; what runs may change from day to day" }];
}

function lintPermissions(bundle: Bundle): BundleProblem[] {
  const rules = Object.values(bundle.commands).flatMap((command) => command.rules);
  const used = rules.flatMap(({ effect }) => {
    return effect.kind === "must-have" ? permissionsIn(effect.requirement) : [];
  });
  return bundle.permissions.flatMap((permission, index): BundleProblem[] => {
    const isUsed = used.some(({ name }) => name === `${bundle.name}:${permission}`);
    return isUsed ? [] : [{ path: ["permissions", index], message: "no rule asks for it" }];
  });
}

/** What a bundle made for Gort may miss here. */
function lintGort(bundle: Bundle, file: BundleFile): BundleProblem[] {
  const problems: BundleProblem[] = [];
  for (const key of ["kubernetes", "input", "output", "enabled"] as const) {
    if (file[key] !== undefined) problems.push({ path: [key], message: "has no effect" });
  }
  if (file.docker && file.image !== undefined) {
    problems.push({ path: ["docker"], message: "has no effect: image is given" });
  }
  if (bundle.format !== "gort") return problems;
  if (Object.keys(file.templates).length > 0) {
    problems.push({
      path: ["templates"],
      message: "is not rendered: the default template answers",
    });
  }
  for (const [name, entry] of Object.entries(file.commands)) {
    if (Object.keys(entry.templates).length > 0) {
      const message = "is not rendered: the default template answers";
      problems.push({ path: ["commands", name, "templates"], message });
    }
    const needs = [
      ...(entry.network === "none" ? ["a network"] : []),
      ...(entry.user === "65534:65534" ? ["another user than 65534"] : []),
    ];
    if (needs.length > 0) {
      const message = `runs without a network, on a read-only root, as 65534; it may need ${needs.join(" or ")}`;
      problems.push({ path: ["commands", name], message });
    }
  }
  return problems;
}

function comparesAll(condition: Condition): boolean {
  if (condition.kind === "not") return comparesAll(condition.condition);
  if (condition.kind !== "comparison") return condition.parts.some(comparesAll);
  if (condition.quantifier) return false;
  return condition.left.kind === "arguments" || condition.left.kind === "options";
}
