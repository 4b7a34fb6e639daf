import { z } from "zod";

/** Every error of the API (RFC 9457, application/problem+json). */
export const Problem = z.object({
  /** `urn:aldis:problem:…`, stable: what programs decide by. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  /** One line that says what to do next. */
  detail: z.string(),
  /** Everything that is wrong, where that is more than one thing. */
  errors: z
    .array(
      z.object({ in: z.string().optional(), field: z.string().optional(), message: z.string() }),
    )
    .optional(),
  /** Names the request in the bot's log. */
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;
