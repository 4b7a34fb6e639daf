import { permissionsIn } from "../rules/requirement.ts";
import type { Bundle } from "./bundle.ts";
import type { BundleProblem } from "./problem.ts";

/** Permissions that nothing asks for. */
export function lintPermissions({ name, permissions, commands }: Bundle): BundleProblem[] {
  const rules = Object.values(commands).flatMap((command) => command.rules);
  const used = new Set(
    rules.flatMap(({ effect }) => {
      if (effect.kind !== "must-have") return [];
      return permissionsIn(effect.requirement).map((permission) => permission.name);
    }),
  );
  const seen = new Set<string>();
  return permissions.flatMap((permission, index): BundleProblem[] => {
    const path = ["permissions", index];
    const isRepeated = seen.has(permission);
    seen.add(permission);
    if (isRepeated) return [{ path, message: "is there twice" }];
    return used.has(`${name}:${permission}`) ? [] : [{ path, message: "no rule asks for it" }];
  });
}
