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

const EARLIEST_MS = Date.UTC(1970, 0, 1);
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A moment that a caller names: within what the database and ids that carry a time can hold. */
export const AskedMoment = z.iso.datetime({ offset: true }).refine((text) => {
  const ms = Date.parse(text);
  return ms >= EARLIEST_MS && ms <= LATEST_MS;
}, "must be a moment of the years 1970 to 9999");

/** A name in a request, of something that there may be. */
export const Name = plainText(255);
