import { z } from "zod";

/** Text that the database and the wire can hold: no NUL, no half of a surrogate pair. */
export function plainText(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => text.isWellFormed() && !text.includes("\0"), "must be well-formed text");
}

/** A moment, as RFC 3339 text. */
export const Moment = z.iso.datetime();
