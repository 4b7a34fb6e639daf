/** How a word that may be an option is written. */
export type OptionWord =
  | { kind: "argument" }
  | { kind: "terminator" }
  /** `--name` or `--name=value`. */
  | { kind: "long"; name: string; value?: string }
  /** `-n`, `-abc`, or either with `=value`. */
  | { kind: "short"; letters: readonly string[]; value?: string };

/** A word that reads as a number is an argument, unless its digit is a declared short name. */
export function readOptionWord(word: string, shortNames: ReadonlySet<string>): OptionWord {
  if (!word.startsWith("-") || word === "-") return { kind: "argument" };
  if (word === "--") return { kind: "terminator" };
  const isLong = word.startsWith("--");
  const equals = word.indexOf("=");
  const name = word.slice(isLong ? 2 : 1, equals < 0 ? undefined : equals);
  const value = equals < 0 ? {} : { value: word.slice(equals + 1) };
  if (isLong) return { kind: "long", name, ...value };
  if (readsAsNumber(word) && !shortNames.has(word.charAt(1))) return { kind: "argument" };
  return { kind: "short", letters: [...name], ...value };
}

/** Whether a word with a hyphen is a negative number to most programs. */
export function readsAsNumber(word: string): boolean {
  return /^-\.?\d/.test(word) && Number.isFinite(Number(word));
}
