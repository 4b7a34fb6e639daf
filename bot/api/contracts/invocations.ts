import { z } from "zod";
import { plainText } from "./text.ts";

export const NewInvocation = z.strictObject({
  text: plainText(65_536).describe("What would be typed in a chat; the prefix may be left out"),
});

export const IdempotencyHeaders = z.object({
  "idempotency-key": z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, "1 to 200 printable ASCII characters without spaces")
    .optional()
    .describe("The same key of the same user again is answered with the first invocation's ids"),
});

const AnswerBlock = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("code"), text: z.string() }),
  z.object({ kind: z.literal("fields"), fields: z.array(z.array(z.string())) }),
  z.object({
    kind: z.literal("table"),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.string())),
  }),
]);

export const InvocationAnswer = z.object({
  tone: z.enum(["ok", "problem"]),
  text: z.string(),
  blocks: z.array(AnswerBlock),
});
export type InvocationAnswer = z.infer<typeof InvocationAnswer>;

export const InvocationAccepted = z.object({
  invocationId: z.uuid(),
  decision: z.string().describe("allow, deny, unknown, ambiguous, malformed, late or refused"),
  executionId: z.uuid().optional().describe("Where something runs: follow its events"),
  answer: InvocationAnswer.optional().describe(
    "Where nothing runs on a relay; said once, not kept",
  ),
});
export type InvocationAccepted = z.infer<typeof InvocationAccepted>;
