/** Hour (0 to 23) and English weekday in a time zone, or nothing if there is no such zone. */
export function clockIn(
  timeZone: string,
  now: Date,
): { hour: string; weekday: string } | undefined {
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hour: "numeric",
      hourCycle: "h23",
      weekday: "long",
    });
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
    const hour = String(Number(parts.get("hour")));
    return { hour, weekday: (parts.get("weekday") ?? "").toLowerCase() };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
