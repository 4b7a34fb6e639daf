import { nearest } from "../../relay/process/nearest.ts";
import type { Option } from "../bundles/bundle.ts";
import { type OptionWord, readOptionWord } from "./option-word.ts";
import type { Grammar } from "./parsed-words.ts";
import { tokenize, type Word } from "./tokenize.ts";

const MASK = "•••";
/** Whether something was hidden in this text; the mark itself, typed, counts too. */
export function isMasked(text: string): boolean {
  return text.includes(MASK);
}

const QUOTE_OR_SPACE = /["'“”„‟‘’‚‛`\p{White_Space}]/u;

/**
 * Replaces the values of secret options in what was typed, before it is recorded, logged or
 * echoed. Works on malformed text too: there it rather hides too much.
 */
export function maskSecrets(
  text: string,
  start: number,
  grammar: Pick<Grammar, "options">,
): string {
  const secrets = Object.values(grammar.options).filter(({ secret }) => secret);
  if (secrets.length === 0) return text;
  const scan = tokenize(text, start);
  if (!scan.ok) return maskRest(text, start);
  const forms = formsOf(scan.words, grammar);
  const isSecret = secretTest(grammar, secrets);
  let masked = "";
  let done = 0;
  scan.words.forEach((word, index) => {
    const hidden = hiddenPart(text, word, forms[index], forms[index - 1], isSecret);
    if (hidden === undefined) return;
    masked += text.slice(done, hidden) + MASK;
    done = word.end;
  });
  return masked + text.slice(done);
}

/**
 * The same for what could not be understood: where a command has a secret option at all, every
 * word from the first option on is hidden, since nobody can tell which of them it was meant for.
 */
export function maskMalformed(
  text: string,
  start: number,
  grammar: Pick<Grammar, "options">,
): string {
  const hasSecret = Object.values(grammar.options).some(({ secret }) => secret);
  return hasSecret ? maskRest(text, start) : text;
}

/** As the command itself reads them: a digit is an option where it is a short name. */
function formsOf(words: readonly Word[], { options }: Pick<Grammar, "options">): OptionWord[] {
  const shortNames = new Set(Object.values(options).flatMap(({ short }) => short ?? []));
  return words.map(({ text }) => readOptionWord(text, shortNames));
}

type SecretTest = (form: OptionWord) => boolean;

/** Where in the text the hidden part of a word starts. */
function hiddenPart(
  text: string,
  word: Word,
  form: OptionWord | undefined,
  before: OptionWord | undefined,
  isSecret: SecretTest,
): number | undefined {
  if (form && "value" in form && isSecret(form)) {
    const equals = text.slice(word.start, word.end).indexOf("=");
    return equals < 0 ? word.start : word.start + equals + 1;
  }
  return before && !("value" in before) && isSecret(before) ? word.start : undefined;
}

/** A mistyped name counts as the option it is nearest to. */
function secretTest({ options }: Pick<Grammar, "options">, secrets: readonly Option[]): SecretTest {
  const names = new Set(secrets.map(({ name }) => name));
  const letters = new Set(secrets.flatMap(({ short }) => short ?? []));
  return (form) => {
    if (form.kind === "short") {
      return form.letters.some((letter) => letters.has(letter)) || names.has(form.letters.join(""));
    }
    if (form.kind !== "long") return false;
    if (names.has(form.name)) return true;
    return !Object.hasOwn(options, form.name) && nearest(form.name, names) !== undefined;
  };
}

/**
 * Hides everything from the first option on, where words cannot be told apart. Any dash that does
 * not follow a letter or a digit may begin one, however it is quoted.
 */
export function maskRest(text: string, start: number): string {
  const dash = /(?<![\p{L}\p{N}_])\p{Dash}/gu;
  dash.lastIndex = start;
  const found = dash.exec(text);
  if (!found) return text;
  let end = found.index;
  while (end > start && QUOTE_OR_SPACE.test(text.charAt(end - 1))) end--;
  return `${text.slice(0, end)} ${MASK}`;
}
