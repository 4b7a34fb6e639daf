const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Reads ISO 8601 to the second; without an offset it is the wall clock of the time zone, which must
 * be one that exists. Nothing if there is no such time. Of an hour that comes twice, it is the first.
 */
export function readTime(text: string, timeZone: string): Date | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second = "0"] = match;
  const [, , , , , , , zulu, sign, offsetHours, offsetMinutes] = match;
  const fields = [year, month, day, hour, minute, second].map(Number);
  const wallMs = utcOf(fields);
  if (wallMs === undefined) return undefined;
  if (zulu !== undefined) return new Date(wallMs);
  if (sign === undefined) return onTheClock(wallMs, timeZone);
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined;
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * MINUTE_MS;
  return new Date(sign === "-" ? wallMs + offsetMs : wallMs - offsetMs);
}

/** Milliseconds, unless a field is out of its range: there is no 30 February. */
function utcOf([year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[]):
  | number
  | undefined {
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  date.setUTCFullYear(year, month - 1, day);
  const isSame =
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return isSame ? date.getTime() : undefined;
}

/** A clock that is put forward skips times. */
function onTheClock(wallMs: number, timeZone: string): Date | undefined {
  const candidates = [wallMs - DAY_MS, wallMs + DAY_MS]
    .map((near) => wallMs - (wallClock(near, timeZone) - near))
    .filter((instant) => wallClock(instant, timeZone) === wallMs);
  return candidates.length === 0 ? undefined : new Date(Math.min(...candidates));
}

/** What the clock there shows, as if it were UTC. */
function wallClock(instantMs: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const parts = new Map(
    format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]),
  );
  const field = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return Date.UTC(
    field("year"),
    field("month") - 1,
    field("day"),
    field("hour"),
    field("minute"),
    field("second"),
  );
}
