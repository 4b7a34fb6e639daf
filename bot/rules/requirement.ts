import type { Requirement } from "./syntax.ts";

/** Whether these permissions meet a requirement. */
export function isMet(requirement: Requirement, permissions: ReadonlySet<string>): boolean {
  switch (requirement.kind) {
    case "permission":
      return permissions.has(requirement.name);
    case "and":
      return requirement.parts.every((part) => isMet(part, permissions));
    case "or":
      return requirement.parts.some((part) => isMet(part, permissions));
    case "all-in":
      return requirement.permissions.every(({ name }) => permissions.has(name));
    case "any-in":
      return requirement.permissions.some(({ name }) => permissions.has(name));
  }
}

/** What is left of an unmet requirement once the permissions one has are taken away. */
export function missingOf(requirement: Requirement, permissions: ReadonlySet<string>): Requirement {
  switch (requirement.kind) {
    case "permission":
    case "any-in":
      return requirement;
    case "all-in": {
      const missing = requirement.permissions.filter(({ name }) => !permissions.has(name));
      return joined(
        "and",
        missing.map((permission) => ({ kind: "permission", ...permission })),
      );
    }
    default: {
      const unmet = requirement.parts.filter((part) => !isMet(part, permissions));
      return joined(
        requirement.kind,
        unmet.map((part) => missingOf(part, permissions)),
      );
    }
  }
}

/** Every permission a requirement mentions, once each. */
export function permissionsIn(requirement: Requirement): { name: string; at: number }[] {
  switch (requirement.kind) {
    case "permission":
      return [{ name: requirement.name, at: requirement.at }];
    case "and":
    case "or":
      return requirement.parts.flatMap(permissionsIn);
    default:
      return [...requirement.permissions];
  }
}

function joined(kind: "and" | "or", parts: readonly Requirement[]): Requirement {
  const [first] = parts;
  return first && parts.length === 1 ? first : { kind, parts };
}
