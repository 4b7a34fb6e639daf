import { z } from "zod";
import { Moment, plainText } from "./text.ts";

export const RuleItem = z.object({
  id: z.uuid(),
  command: z.string().describe("As bundle:command"),
  rule: z.string().describe("In its canonical form"),
  createdBy: z.string().nullable(),
  createdAt: Moment,
});
export type RuleItem = z.infer<typeof RuleItem>;
export const RuleList = z.object({ rules: z.array(RuleItem) });

export const NewRule = z.strictObject({
  rule: plainText(10_000).describe("As web:deploy with arg[0] == 'prod' must have site:on-call"),
});
export const AddedRule = z.object({
  id: z.uuid(),
  command: z.string(),
  rule: z.string(),
  changed: z.boolean().describe("False where the very same rule was there"),
});
export const RuleKey = z.object({ id: z.uuid() });

export const ExplainRule = z.strictObject({
  text: plainText(65_536).describe("What would be typed"),
  as: plainText(255).optional().describe("The user who would type it; by default oneself"),
  channel: plainText(255).default("console"),
  adapter: plainText(64).default("console"),
  relay: plainText(63).optional().describe("The relay that it would run on"),
});

const Path = z.object({
  group: z.string().nullable().describe("Null where the user was granted the role directly"),
  role: z.string(),
  expiresAt: Moment.nullable(),
});

const ExplainedPermission = z.object({
  name: z.string(),
  held: z.boolean(),
  paths: z.array(Path).describe("How it is held"),
  roles: z.array(z.string()).describe("Where it is missing: roles that have it"),
  groups: z.array(z.string()).describe("Where it is missing: groups that hold such a role"),
});
export type ExplainedPermission = z.infer<typeof ExplainedPermission>;

/** Beside the user and whom to ask, it has the shape of what `aldis rules test --json` prints. */
export const Explained = z.object({
  user: z.string(),
  suspended: z.boolean(),
  decision: z.string().describe("allow, deny, unknown, ambiguous or malformed"),
  answer: z.string().optional().describe("What the user would be told, where it is not allowed"),
  message: z.string().optional().describe("Why the rules deny it"),
  reason: z.string().optional(),
  missing: z.array(z.string()).optional(),
  because: z.string().optional(),
  command: z.object({ bundle: z.string(), command: z.string() }).optional(),
  matched: z.array(z.object({ rule: z.string(), outcome: z.string() })).optional(),
  rules: z.array(z.object({ rule: z.string(), outcome: z.string() })),
  openTags: z.array(z.string()).describe("Tags of a relay on which it hangs; name one in relay"),
  permissions: z.array(ExplainedPermission),
  ask: z.array(z.string()).describe("Users who may give what is missing"),
});
export type Explained = z.infer<typeof Explained>;
