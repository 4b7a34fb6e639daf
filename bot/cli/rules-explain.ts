import { Explained, type ExplainedPermission } from "../api/contracts/rules.ts";
import { printTable, withoutControls } from "../replies/plain-text.ts";
import type { Client } from "./client.ts";
import { EXIT } from "./failure.ts";
import { markOf } from "./rules-test-text.ts";
import { printLine } from "./terminal.ts";

export interface ExplainOptions {
  as?: string;
  channel?: string;
  adapter?: string;
  relay?: string;
  json?: boolean;
}

/** Why the bot would allow or deny this line, by who holds what now. */
export async function explainRules(
  client: Client,
  text: string,
  { json, ...wish }: ExplainOptions,
): Promise<number> {
  const explained = await client.post("rules/explain", { text, ...wish }, Explained);
  if (json) printLine(JSON.stringify(explained));
  else printLine(withoutControls(printExplained(explained)));
  return explained.decision === "allow" ? 0 : EXIT.refused;
}

function printExplained(explained: Explained): string {
  const { rules, permissions } = explained;
  const rows = rules.map(({ rule, outcome }) => [markOf(outcome), rule]);
  const held = permissions.map((each) => [
    each.held ? "✓ held" : "✗ missing",
    each.name,
    each.held ? pathsOf(each) : holdersOf(each),
  ]);
  const parts = [rows, held].filter((part) => part.length > 0).map(printTable);
  return [...parts, verdictOf(explained)].join("\n\n");
}

function pathsOf({ paths }: ExplainedPermission): string {
  const ways = paths.map(({ group, role, expiresAt }) => {
    const way = group === null ? `role ${role}` : `group ${group}, role ${role}`;
    return expiresAt === null ? way : `${way}, until ${expiresAt}`;
  });
  return `by ${ways.join("; ")}`;
}

function holdersOf({ roles, groups }: ExplainedPermission): string {
  if (roles.length === 0) return "in no role that you may see";
  const holders = groups.length === 0 ? "held by no group" : `held by ${groups.join(", ")}`;
  return `in role ${roles.join(", ")}, ${holders}`;
}

function verdictOf(explained: Explained): string {
  const { user, suspended, decision, answer = decision, openTags, ask, missing } = explained;
  if (decision === "allow") return `${user} may`;
  if (suspended) return `${user} is suspended, and so nobody; aldis user activate takes that back`;
  if (openTags.length > 0) {
    const tags = openTags.join(", ");
    return `it hangs on the relay (${tags}): add --relay NAME to see for one`;
  }
  const whom = missing && ask.length > 0 ? `\nwho may give it: ${ask.join(", ")}` : "";
  return `${user} may not\n${answer}${whom}`;
}
