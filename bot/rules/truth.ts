/**
 * A truth is the set of what a condition may still come out as: exactly one of these, or several
 * while it hangs on values that are not known. `UNDECIDED` is the third value of Kleene's logic:
 * the values are known, and the question makes no sense for them.
 */
export type Truth = number;

export const TRUE: Truth = 1;
export const FALSE: Truth = 2;
export const UNDECIDED: Truth = 4;
/** Hangs on something unknown, and may come out either way. */
export const OPEN: Truth = TRUE | FALSE | UNDECIDED;

export type Outcome = "true" | "false" | "unknown";

export function truthOf(isTrue: boolean): Truth {
  return isTrue ? TRUE : FALSE;
}

export function not(truth: Truth): Truth {
  return (truth & UNDECIDED) | (truth & TRUE ? FALSE : 0) | (truth & FALSE ? TRUE : 0);
}

export function and(left: Truth, right: Truth): Truth {
  const either = left | right;
  const isTrue = left & right & TRUE;
  const isFalse = either & FALSE;
  const leftHolds = left & (TRUE | UNDECIDED);
  const rightHolds = right & (TRUE | UNDECIDED);
  const isUndecided = leftHolds && rightHolds ? either & UNDECIDED : 0;
  return isTrue | isFalse | isUndecided;
}

export function or(left: Truth, right: Truth): Truth {
  return not(and(not(left), not(right)));
}

/** What is known of it now. */
export function outcomeOf(truth: Truth): Outcome {
  if (truth === TRUE) return "true";
  return truth === FALSE ? "false" : "unknown";
}

export function mayBeTrue(truth: Truth): boolean {
  return (truth & TRUE) !== 0;
}

export function mayBeFalse(truth: Truth): boolean {
  return (truth & FALSE) !== 0;
}
