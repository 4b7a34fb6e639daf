import { z } from "zod";
import { SelectorText } from "./relay-match.ts";
import { Moment, plainText } from "./text.ts";

export const PolicyList = z.object({
  policies: z.array(
    z.object({
      bundle: z.string().nullable().describe("Null: for every bundle"),
      selector: z.string(),
      changedBy: z.string().nullable(),
      changedAt: Moment,
    }),
  ),
});

export const NewPolicy = z.strictObject({
  selector: SelectorText.nullable().describe("Null clears it"),
  bundle: plainText(63).optional().describe("Left out: for every bundle"),
});

export const ChangedPolicy = z.object({
  changed: z.boolean(),
  selector: z.string().nullable().describe("In its canonical form"),
  matching: z.int().describe("How many relays match it"),
  relays: z.int().describe("How many there are"),
});
