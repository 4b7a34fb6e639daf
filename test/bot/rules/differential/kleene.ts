/**
 * Kleene's three values in their order: "and" is the least, "or" the greatest. The evaluator that
 * uses them is written from the language's description, and shares nothing with the bot's own.
 */
export type Kleene = 0 | 0.5 | 1;

export function every(values: readonly Kleene[]): Kleene {
  return values.includes(0) ? 0 : values.includes(0.5) ? 0.5 : 1;
}

export function some(values: readonly Kleene[]): Kleene {
  return values.includes(1) ? 1 : values.includes(0.5) ? 0.5 : 0;
}

export function opposite(value: Kleene): Kleene {
  if (value === 0.5) return value;
  return value === 1 ? 0 : 1;
}

export function truth(isTrue: boolean): Kleene {
  return isTrue ? 1 : 0;
}
