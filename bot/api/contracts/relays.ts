import { z } from "zod";

export const RelayItem = z.object({
  id: z.uuid(),
  name: z.string(),
  hostname: z.string(),
  state: z.enum(["reachable", "draining", "unreachable", "suspended", "removed", "forged"]),
  tags: z.record(z.string(), z.string()),
  runtimes: z.array(z.string()),
  running: z.int(),
  capacity: z.int(),
});
export const RelayList = z.object({ relays: z.array(RelayItem) });

const TagName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, "letters, digits and . _ / - only, at most 63");
const TagValue = z.string().regex(/^[^\p{C}]{1,255}$/u, "1 to 255 printable characters");

export const NewJoinToken = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, "letters, digits and . _ - only, at most 63")
    .describe("What the relay will be called"),
  tags: z.record(TagName, TagValue).default({}),
});

export const RelayKey = z.object({ id: z.uuid() });

export const RelayChanged = z.object({
  changed: z.boolean().describe("False where it was so already"),
  note: z.string().optional().describe("What is still to be known about it, in one line"),
});

export const IssuedJoinToken = z.object({
  joinToken: z.string().describe("For `aldis relay join`, once and within a day"),
});
