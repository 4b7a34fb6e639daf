import { Changed, UserItem, UserList } from "../api/contracts/people.ts";
import { tellChanged } from "./changed.ts";
import { type Client, pathOf } from "./client.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine, printListing } from "./terminal.ts";

export async function listUsers(client: Client, options: { json?: boolean }): Promise<number> {
  const { users } = await client.get("users", UserList);
  const rows = users.map(({ name, state, groups, identities, email }) => [
    name,
    state,
    groups.join(","),
    identities.map(({ adapter, account }) => `${adapter}:${account}`).join(","),
    email ?? "",
  ]);
  const columns = ["user", "state", "groups", "accounts", "email"];
  printListing({ json: users, columns, rows, none: "there is no user" }, options.json ?? false);
  return 0;
}

export async function addUser(
  client: Client,
  name: string,
  options: { email?: string; label: readonly string[] },
): Promise<number> {
  const { email } = options;
  const wish = { name, labels: labelsFrom(options.label), ...(email !== undefined && { email }) };
  const user = await client.post("users", wish, UserItem);
  printLine(`user ${user.name} added; aldis user link says which account is theirs`);
  return 0;
}

export async function setUserState(
  client: Client,
  name: string,
  action: "suspend" | "activate",
): Promise<number> {
  const { changed } = await client.post(pathOf("users", name, action), {}, Changed);
  const state = action === "suspend" ? "suspended" : "active";
  return tellChanged(changed, `${name} is ${state}`);
}

export interface Account {
  adapter: string;
  installation: string;
  account: string;
}

export async function linkUser(client: Client, name: string, account: Account): Promise<number> {
  const { changed } = await client.post(pathOf("users", name, "identities"), account, Changed);
  return tellChanged(changed, `${account.adapter} account ${account.account} is ${name}`);
}

export async function unlinkUser(
  client: Client,
  name: string,
  { adapter, installation, account }: Account,
): Promise<number> {
  const path = pathOf("users", name, "identities", adapter, installation, account);
  const { changed } = await client.remove(path, Changed);
  return tellChanged(changed, `${adapter} account ${account} is nobody`);
}

function labelsFrom(texts: readonly string[]): Record<string, string> {
  const labels = new Map<string, string>();
  for (const text of texts) {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new CliFailure(`--label: ${text} is not a label; write one like team=web`, EXIT.usage);
    }
    labels.set(name, value);
  }
  return Object.fromEntries(labels);
}
