import { Changed, GroupItem, GroupList } from "../api/contracts/people.ts";
import { tellChanged } from "./changed.ts";
import { type Client, pathOf } from "./client.ts";
import { printLine, printListing } from "./terminal.ts";

export async function listGroups(client: Client, options: { json?: boolean }): Promise<number> {
  const { groups } = await client.get("groups", GroupList);
  const rows = groups.map(({ name, members, roles }) => [
    name,
    members.join(","),
    roles.join(", "),
  ]);
  const columns = ["group", "members", "roles"];
  printListing({ json: groups, columns, rows, none: "there is no group" }, options.json ?? false);
  return 0;
}

export async function addGroup(client: Client, name: string): Promise<number> {
  const group = await client.post("groups", { name }, GroupItem);
  printLine(`group ${group.name} added`);
  return 0;
}

export async function removeGroup(client: Client, name: string): Promise<number> {
  const { changed } = await client.remove(pathOf("groups", name), Changed);
  return tellChanged(changed, `group ${name} is removed`);
}

export async function joinGroup(client: Client, group: string, user: string): Promise<number> {
  const { changed } = await client.post(pathOf("groups", group, "members"), { user }, Changed);
  return tellChanged(changed, `${user} is in ${group}`);
}

export async function leaveGroup(client: Client, group: string, user: string): Promise<number> {
  const { changed } = await client.remove(pathOf("groups", group, "members", user), Changed);
  return tellChanged(changed, `${user} is not in ${group}`);
}
