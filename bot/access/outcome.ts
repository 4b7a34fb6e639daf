/** What came of a change that was asked for. "No" is an answer, with one line that says why. */
export type Outcome<T> = Done<T> | Refusal;

export interface Done<T> {
  ok: true;
  value: T;
  /** False where it was so already: nothing was written, and nothing recorded. */
  changed: boolean;
}

export interface Refusal {
  ok: false;
  reason: "not-found" | "conflict" | "forbidden" | "invalid";
  message: string;
}

export function done<T>(value: T): Done<T> {
  return { ok: true, value, changed: true };
}

export function asItWas<T>(value: T): Done<T> {
  return { ok: true, value, changed: false };
}

export function refused(reason: Refusal["reason"], message: string): Refusal {
  return { ok: false, reason, message };
}
