import type { ArgumentFacts, OptionFacts } from "../rules/facts.ts";
import { type OptionWord, readOptionWord } from "./option-word.ts";

export interface Readings {
  options: OptionFacts;
  /** Names that were typed, and that may stand for longer ones. */
  abbreviations: readonly string[];
  /** `null` for those that are not the same in every reading; the whole of it if none is known. */
  arguments: ArgumentFacts | null;
}

/** The ways in which one word may be reached. */
interface Roles {
  /** Read for what it is. */
  isLive: boolean;
  /** Taken as the value of the option before it. */
  isTaken: boolean;
  /** Stands after a `--`. */
  isEnded: boolean;
}

/** A number after a hyphen is both to us: an argument, and perhaps an option. */
type Form = OptionWord & { isArgument: boolean };

const MAX_WORDS = 300;
const DIGITS: ReadonlySet<string> = new Set([..."0123456789."]);

/**
 * Reads the words of a command that declares no options in every way a program may: an option
 * without `=` may be a flag, or take whatever word comes next; the first argument may end the
 * options; a name may be short for a longer one. What is not the same in all of them is unknown.
 */
export function readAllWays(words: readonly string[]): Readings {
  const forms = words.map(formOf);
  const roles = rolesOf(forms);
  const options = optionsOf(forms, roles);
  const names = Object.keys(options);
  return {
    options: withoutPrefixes(options),
    // So many names that nobody follows them may stand for anything.
    abbreviations: names.length > MAX_WORDS ? [""] : names,
    arguments: argumentsOf(words, forms, roles),
  };
}

function formOf(word: string): Form {
  const isArgument = readOptionWord(word, new Set()).kind === "argument";
  return { ...readOptionWord(word, DIGITS), isArgument };
}

function rolesOf(forms: readonly Form[]): Roles[] {
  let now: Roles = { isLive: true, isTaken: false, isEnded: false };
  return forms.map((form) => {
    const present = now;
    const isTerminator = form.kind === "terminator";
    const mayEnd = isTerminator || form.isArgument;
    now = {
      isLive: present.isTaken || (present.isLive && !isTerminator),
      isTaken: present.isLive && mayTakeNext(form),
      isEnded: present.isEnded || (present.isLive && mayEnd),
    };
    return present;
  });
}

function optionsOf(forms: readonly Form[], roles: readonly Roles[]): OptionFacts {
  const options = new Map<string, string | null>();
  forms.forEach((form, index) => {
    const role = roles[index];
    if (!role?.isLive) return;
    const isCertain = !role.isTaken && !role.isEnded && !form.isArgument;
    const value = isCertain ? certainValue(form, index === forms.length - 1) : null;
    for (const name of namesOf(form)) {
      const isSame = !options.has(name) || options.get(name) === value;
      options.set(name, isSame ? value : null);
    }
  });
  return Object.fromEntries(
    [...options].map(([name, value]) => [name, value === null ? null : [value]]),
  );
}

/** Of two names one of which begins the other, either may be what the other was short for. */
function withoutPrefixes(options: OptionFacts): OptionFacts {
  const unclear = new Set<string>();
  const beginnings: string[] = [];
  for (const name of Object.keys(options).sort(byCodeUnits)) {
    while (!name.startsWith(beginnings.at(-1) ?? "")) beginnings.pop();
    const [beginning] = beginnings.slice(-1);
    if (beginning !== undefined) unclear.add(beginning).add(name);
    beginnings.push(name);
  }
  return Object.fromEntries(
    Object.entries(options).map(([name, values]) => [name, unclear.has(name) ? null : values]),
  );
}

/** Puts a name directly before those that it begins. */
function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function certainValue(form: OptionWord, isLast: boolean): string | null {
  if (form.kind === "long") return form.value ?? (isLast ? "true" : null);
  if (form.kind !== "short" || form.letters.length !== 1) return null;
  return isLast && form.value === undefined ? "true" : null;
}

/** `-abc` may be three options, one with a value, or one long name after a single hyphen. */
function namesOf(form: OptionWord): string[] {
  if (form.kind === "long") return [form.name];
  if (form.kind !== "short") return [];
  return [...new Set([...form.letters, form.letters.join("")])];
}

function mayTakeNext(form: OptionWord): boolean {
  return (form.kind === "long" || form.kind === "short") && form.value === undefined;
}

/** Follows the number of arguments so far through every reading. */
function argumentsOf(
  words: readonly string[],
  forms: readonly Form[],
  roles: readonly Roles[],
): ArgumentFacts | null {
  const isCertain = roles.every(
    ({ isTaken, isEnded }, index) => !isTaken && (!isEnded || forms[index]?.kind === "argument"),
  );
  if (!isCertain && words.length > MAX_WORDS) return null;
  const found: Set<string>[] = [];
  let counts: Counts = { live: new Set([0]), taken: new Set(), ended: new Set() };
  forms.forEach((form, index) => {
    const word = words[index] ?? "";
    const asArgument = form.isArgument ? counts.live : new Set<number>();
    for (const count of union(asArgument, counts.ended)) {
      found[count] = (found[count] ?? new Set()).add(word);
    }
    counts = nextCounts(counts, form);
  });
  const final = [...union(counts.live, counts.ended)];
  const certain = final.reduce((least, count) => Math.min(least, count), words.length);
  return found.map((values, index) => {
    const [value] = values;
    return index < certain && values.size === 1 && value !== undefined ? value : null;
  });
}

interface Counts {
  live: ReadonlySet<number>;
  taken: ReadonlySet<number>;
  ended: ReadonlySet<number>;
}

function nextCounts({ live, taken, ended }: Counts, form: Form): Counts {
  const none = new Set<number>();
  const afterEnd = addOne(ended);
  if (form.kind === "terminator") return { live: taken, taken: none, ended: union(afterEnd, live) };
  const asArgument = form.isArgument ? addOne(live) : none;
  const asOption = form.kind === "argument" ? none : live;
  return {
    live: union(union(asArgument, asOption), taken),
    taken: mayTakeNext(form) ? live : none,
    ended: union(afterEnd, asArgument),
  };
}

function addOne(counts: ReadonlySet<number>): Set<number> {
  return new Set([...counts].map((count) => count + 1));
}

function union(left: ReadonlySet<number>, right: ReadonlySet<number>): Set<number> {
  return new Set([...left, ...right]);
}
