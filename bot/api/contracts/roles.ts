import { z } from "zod";
import { OwnPermissionName, PermissionName, RoleName } from "../../access/names.ts";
import { AskedMoment, Moment, Name, plainText } from "./text.ts";

export const RoleItem = z.object({
  name: z.string(),
  description: z.string(),
  builtIn: z.boolean().describe("Kept up to date by the program, and cannot be changed"),
  permissions: z.array(z.string()),
});
export const RoleList = z.object({ roles: z.array(RoleItem) });

const Permissions = z.array(PermissionName).max(1000);
const Description = plainText(1000).or(z.literal(""));

export const NewRole = z.strictObject({
  name: RoleName,
  description: Description.default(""),
  permissions: Permissions.default([]),
});
export const RoleKey = z.object({ name: Name });
export const RoleChange = z.strictObject({
  add: Permissions.default([]),
  remove: Permissions.default([]),
});

export const GrantItem = z.object({
  id: z.uuid(),
  role: z.string(),
  user: z.string().nullable(),
  group: z.string().nullable(),
  expiresAt: Moment.nullable(),
  expired: z.boolean().describe("By the database's clock; it gives nothing any more"),
  reason: z.string(),
  grantedBy: z.string().nullable(),
  grantedAt: Moment,
});
export type GrantItem = z.infer<typeof GrantItem>;
export const GrantList = z.object({ grants: z.array(GrantItem) });

const TEN_YEARS_MS = 10 * 366 * 24 * 3_600_000;

export const NewGrant = z
  .strictObject({
    role: Name,
    user: Name.optional(),
    group: Name.optional(),
    expiresAt: AskedMoment.optional(),
    forMs: z.int().positive().max(TEN_YEARS_MS).optional().describe("Instead of expiresAt"),
    reason: Description.default(""),
  })
  .refine(({ user, group }) => (user === undefined) !== (group === undefined), {
    message: "name a user or a group, and not both",
  })
  .refine(({ expiresAt, forMs }) => expiresAt === undefined || forMs === undefined, {
    message: "say expiresAt or forMs, and not both",
  });
export const GrantKey = z.object({ id: z.uuid() });

export const PermissionItem = z.object({
  name: z.string(),
  description: z.string(),
  declaredBy: z.string().describe("program, workspace, or the bundle's name"),
});
export type PermissionItem = z.infer<typeof PermissionItem>;
export const PermissionList = z.object({ permissions: z.array(PermissionItem) });
export const NewPermission = z.strictObject({
  name: OwnPermissionName,
  description: Description.default(""),
});
export const OwnPermission = z.object({ name: z.string(), description: z.string() });
export const PermissionKey = z.object({ name: PermissionName });
