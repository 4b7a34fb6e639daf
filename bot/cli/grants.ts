import { parseDurationMs } from "../../relay/process/units.ts";
import { Changed } from "../api/contracts/people.ts";
import { GrantItem, GrantList } from "../api/contracts/roles.ts";
import { tellChanged } from "./changed.ts";
import { type Client, pathOf } from "./client.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { readTime } from "./point-in-time.ts";
import { printLine, printListing } from "./terminal.ts";

/** Exactly one of the two is given. */
export interface GranteeOptions {
  user?: string;
  group?: string;
}

export interface GrantOptions extends GranteeOptions {
  for?: string;
  until?: string;
  reason?: string;
}

export async function listGrants(client: Client, options: { json?: boolean }): Promise<number> {
  const { grants } = await client.get("grants", GrantList);
  const rows = grants.map((grant) => [
    grant.role,
    holderOf(grant),
    grant.expired ? "expired" : (grant.expiresAt ?? "for good"),
    grant.grantedBy ?? "",
    grant.reason,
  ]);
  const columns = ["role", "held by", "until", "granted by", "reason"];
  const none = "no role is granted to anybody";
  printListing({ json: grants, columns, rows, none }, options.json ?? false);
  return 0;
}

export async function addGrant(
  client: Client,
  role: string,
  options: GrantOptions,
): Promise<number> {
  const { reason } = options;
  const wish = { role, ...granteeOf(options), ...termOf(options), ...(reason && { reason }) };
  const grant = await client.post("grants", wish, GrantItem);
  const until = grant.expiresAt === null ? "for good" : `until ${grant.expiresAt}`;
  printLine(`${holderOf(grant)} holds ${grant.role} ${until}`);
  return 0;
}

export async function revokeGrant(
  client: Client,
  role: string,
  options: GranteeOptions,
): Promise<number> {
  const { user = null, group = null } = granteeOf(options);
  const { grants } = await client.get("grants", GrantList);
  const grant = grants.find((one) => one.role === role && one.user === user && one.group === group);
  const holder = holderOf({ user, group });
  if (!grant) {
    const line = `${holder} is not granted ${role}; aldis grant list shows who is granted what`;
    throw new CliFailure(line, EXIT.refused);
  }
  const { changed } = await client.remove(pathOf("grants", grant.id), Changed);
  return tellChanged(changed, `${holder} is not granted ${role} any more`);
}

function granteeOf({ user, group }: GranteeOptions): GranteeOptions {
  if (user !== undefined && group === undefined) return { user };
  if (group !== undefined && user === undefined) return { group };
  throw new CliFailure("write --user NAME or --group NAME, one of them", EXIT.usage);
}

function termOf({ for: length, until }: GrantOptions): { forMs?: number; expiresAt?: string } {
  if (length !== undefined && until !== undefined) {
    throw new CliFailure("write --for or --until, not both", EXIT.usage);
  }
  if (length !== undefined) {
    const forMs = parseDurationMs(length);
    if (forMs !== undefined && forMs > 0) return { forMs };
    throw new CliFailure(`--for: ${length} is no duration; write one like 8h`, EXIT.usage);
  }
  if (until === undefined) return {};
  const expiresAt = readTime(until, "UTC");
  if (expiresAt) return { expiresAt: expiresAt.toISOString() };
  const line = `--until: ${until} is no time; write one like 2026-05-06T14:30:00Z`;
  throw new CliFailure(line, EXIT.usage);
}

function holderOf({ user, group }: { user: string | null; group: string | null }): string {
  return user ?? `group ${group}`;
}
