import type { Decision } from "../rules/decide.ts";

/** How many names a denial gives at most. */
export const MOST_NAMES = 5;

/** What a denial adds for its caller: who could give what is missing. Empty where nobody could. */
export function whomToAsk(decision: Decision, managers: readonly string[], caller: string): string {
  if (decision.allowed || decision.reason !== "missing-permission") return "";
  const names = othersThan(caller, managers);
  return names.length === 0 ? "" : `; ask ${listed(names)}`;
}

export function othersThan(caller: string, managers: readonly string[]): string[] {
  return managers.filter((name) => name !== caller).slice(0, MOST_NAMES);
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length === 1 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}
