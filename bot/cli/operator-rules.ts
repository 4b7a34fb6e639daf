import { Changed } from "../api/contracts/people.ts";
import { AddedRule, RuleList } from "../api/contracts/rules.ts";
import { tellChanged } from "./changed.ts";
import { type Client, pathOf } from "./client.ts";
import { printListing } from "./terminal.ts";

export async function listRules(client: Client, options: { json?: boolean }): Promise<number> {
  const { rules } = await client.get("rules", RuleList);
  const rows = rules.map(({ id, rule, createdBy, createdAt }) => [
    id,
    rule,
    createdBy ?? "",
    createdAt,
  ]);
  const columns = ["id", "rule", "added by", "added"];
  const none = "there is no rule beside those of bundles; aldis bundle info shows these";
  printListing({ json: rules, columns, rows, none }, options.json ?? false);
  return 0;
}

export async function addRule(client: Client, rule: string): Promise<number> {
  const added = await client.post("rules", { rule }, AddedRule);
  return tellChanged(added.changed, `rule ${added.id} is in force: ${added.rule}`);
}

export async function removeRule(client: Client, id: string): Promise<number> {
  const { changed } = await client.remove(pathOf("rules", id), Changed);
  return tellChanged(changed, `rule ${id} is removed`);
}
