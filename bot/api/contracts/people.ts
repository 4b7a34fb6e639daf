import { z } from "zod";
import { GroupName, UserName } from "../../access/names.ts";
import { Name, plainText } from "./text.ts";

/** Of every change that has nothing else to tell. */
export const Changed = z.object({
  changed: z.boolean().describe("False where it was so already; then nothing was recorded"),
});

export const Identity = z.object({
  adapter: plainText(64).describe("slack, discord, console or api"),
  installation: plainText(255).describe("As the Slack team's id; local for the console"),
  account: plainText(255).describe("The account's id at the provider"),
});

export const UserItem = z.object({
  name: z.string(),
  state: z.enum(["active", "suspended"]),
  email: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  groups: z.array(z.string()),
  identities: z.array(Identity),
});
export type UserItem = z.infer<typeof UserItem>;
export const UserList = z.object({ users: z.array(UserItem) });

const LabelName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, "letters, digits and . _ / - only, at most 63");
const LabelValue = z.string().regex(/^[^\p{C}]{1,255}$/u, "1 to 255 printable characters");

export const NewUser = z.strictObject({
  name: UserName,
  email: z.email().max(255).optional(),
  labels: z.record(LabelName, LabelValue).default({}),
});

export const UserKey = z.object({ name: Name });
export const LinkIdentity = z.strictObject(Identity.shape);
export const IdentityKey = UserKey.extend(Identity.shape);

export const GroupItem = z.object({
  name: z.string(),
  members: z.array(z.string()),
  roles: z.array(z.string()).describe("Those of grants that have not expired"),
});
export const GroupList = z.object({ groups: z.array(GroupItem) });
export const NewGroup = z.strictObject({ name: GroupName });
export const GroupKey = z.object({ name: Name });
export const NewMember = z.strictObject({ user: Name });
export const MemberKey = GroupKey.extend({ user: Name });
