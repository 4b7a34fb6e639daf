import { Whoami } from "../api/contracts/whoami.ts";
import { printTable } from "../replies/plain-text.ts";
import type { Client } from "./client.ts";
import { printLine } from "./terminal.ts";

export async function whoami(client: Client, options: { json?: boolean }): Promise<number> {
  const who = await client.get("whoami", Whoami);
  if (options.json) {
    printLine(JSON.stringify(who, null, 2));
    return 0;
  }
  const list = (names: readonly string[]) => names.join(", ") || "none";
  const fields = [
    ["user:", who.name],
    ["workspace:", who.workspaceId],
    ["groups:", list(who.groups)],
    ["roles:", list(who.roles)],
    ["permissions:", list(who.permissions)],
  ];
  printLine(printTable(fields));
  return 0;
}
