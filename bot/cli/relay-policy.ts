import { ChangedPolicy, PolicyList } from "../api/contracts/relay-policy.ts";
import { tellChanged } from "./changed.ts";
import type { Client } from "./client.ts";
import { printListing, printNote } from "./terminal.ts";

export interface PolicyOptions {
  bundle?: string;
}

const PATH = "relays/policy";

export async function showPolicies(client: Client, options: { json?: boolean }): Promise<number> {
  const { policies } = await client.get(PATH, PolicyList);
  const rows = policies.map(({ bundle, selector, changedBy, changedAt }) => [
    bundle ?? "(all)",
    selector,
    changedBy ?? "",
    changedAt,
  ]);
  const columns = ["bundle", "relays must match", "set by", "set"];
  const none = "there is no policy: any relay may take what asks for it";
  printListing({ json: policies, columns, rows, none }, options.json ?? false);
  return 0;
}

export async function setPolicy(
  client: Client,
  selector: string,
  { bundle }: PolicyOptions,
): Promise<number> {
  const set = await client.put(PATH, { selector, bundle }, ChangedPolicy);
  const line = `relays that take ${whatOf(bundle)} must match ${set.selector}; ${set.matching} of ${set.relays} do`;
  const code = tellChanged(set.changed, line);
  if (set.matching === 0) printNote("no relay does: whatever is under it will wait");
  return code;
}

export async function clearPolicy(client: Client, { bundle }: PolicyOptions): Promise<number> {
  const { changed } = await client.put(PATH, { selector: null, bundle }, ChangedPolicy);
  return tellChanged(changed, `relays that take ${whatOf(bundle)} are asked for nothing besides`);
}

function whatOf(bundle: string | undefined): string {
  return bundle === undefined ? "anything" : `${bundle}:…`;
}
