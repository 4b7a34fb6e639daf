import { z } from "zod";
import { plainText } from "./text.ts";

export const SelectorText = plainText(4096).describe("As env=prod,region in (eu us),!drained");

export const MatchWish = z.strictObject({
  selector: SelectorText.optional(),
  command: plainText(255).optional().describe("As bundle:command: what it asks for as well"),
});

const Reason = z.object({
  kind: z.enum([
    "tag",
    "policy",
    "rules",
    "runtime",
    "suspended",
    "unreachable",
    "forged",
    "draining",
    "full",
    "refused",
  ]),
  text: z.string().describe("In words, to be read after the relay's name"),
});

const MatchedRelay = z.object({
  name: z.string(),
  tags: z.record(z.string(), z.string()),
  takes: z.boolean().describe("Whether it could take it now"),
  reasons: z.array(Reason).describe("Why not"),
  preferred: z.int().describe("How many of the preferred tags it has"),
  running: z.int(),
  capacity: z.int(),
});
export type MatchedRelay = z.infer<typeof MatchedRelay>;

export const Matched = z.object({
  selector: z.string().describe("What is asked for, the policy apart"),
  policy: z.string().describe("What the workspace asks besides; empty where it asks for nothing"),
  preferredOf: z.int().describe("How many tags are preferred"),
  ruleTags: z
    .array(z.string())
    .describe("Tags that the command's rules ask for: then caller and line have a say as well"),
  relays: z.array(MatchedRelay).describe("In the order in which they would be asked"),
});
export type Matched = z.infer<typeof Matched>;
