import { Changed } from "../api/contracts/people.ts";
import { OwnPermission, PermissionList, RoleItem, RoleList } from "../api/contracts/roles.ts";
import { tellChanged } from "./changed.ts";
import { type Client, pathOf } from "./client.ts";
import { printLine, printListing } from "./terminal.ts";

export async function listRoles(client: Client, options: { json?: boolean }): Promise<number> {
  const { roles } = await client.get("roles", RoleList);
  const rows = roles.map(({ name, builtIn, permissions, description }) => [
    name,
    builtIn ? "built-in" : "own",
    permissions.join(","),
    description,
  ]);
  const columns = ["role", "made", "permissions", "description"];
  printListing({ json: roles, columns, rows, none: "there is no role" }, options.json ?? false);
  return 0;
}

export async function addRole(
  client: Client,
  name: string,
  { permission, description }: { permission: readonly string[]; description?: string },
): Promise<number> {
  const wish = { name, permissions: permission, ...(description && { description }) };
  const role = await client.post("roles", wish, RoleItem);
  printLine(`role ${role.name} added: ${role.permissions.join(", ") || "no permission"}`);
  return 0;
}

export async function changeRole(
  client: Client,
  name: string,
  change: { add: readonly string[]; remove: readonly string[] },
): Promise<number> {
  const { changed } = await client.post(pathOf("roles", name, "permissions"), change, Changed);
  return tellChanged(changed, `role ${name} is so`);
}

export async function removeRole(client: Client, name: string): Promise<number> {
  const { changed } = await client.remove(pathOf("roles", name), Changed);
  return tellChanged(changed, `role ${name} is removed`);
}

export async function listPermissions(
  client: Client,
  options: { json?: boolean },
): Promise<number> {
  const { permissions } = await client.get("permissions", PermissionList);
  const rows = permissions.map((each) => [each.name, each.declaredBy, each.description]);
  const columns = ["permission", "declared by", "description"];
  const none = "there is no permission";
  printListing({ json: permissions, columns, rows, none }, options.json ?? false);
  return 0;
}

export async function addPermission(
  client: Client,
  name: string,
  { description }: { description?: string },
): Promise<number> {
  const wish = { name, ...(description && { description }) };
  const permission = await client.post("permissions", wish, OwnPermission);
  printLine(`permission ${permission.name} added`);
  return 0;
}

export async function removePermission(client: Client, name: string): Promise<number> {
  const { changed } = await client.remove(pathOf("permissions", name), Changed);
  return tellChanged(changed, `permission ${name} is removed`);
}
