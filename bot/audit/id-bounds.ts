/** Ids are drawn by the clocks of bots and of the database, which may differ by so much. */
const SKEW_MS = 10 * 60_000;

/** Lower than the id of every event from this moment on. */
export function idFloor(moment: Date): string {
  return idAt(Math.max(0, moment.getTime() - SKEW_MS));
}

/** Higher than the id of every event before this moment. */
export function idCeiling(moment: Date): string {
  return idAt(moment.getTime() + SKEW_MS);
}

/** The lowest version 7 UUID of a millisecond. */
function idAt(ms: number): string {
  const hex = ms.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`;
}
