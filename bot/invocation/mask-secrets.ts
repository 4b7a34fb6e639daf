import { nearest } from "../../relay/process/nearest.ts";
import type { Option } from "../bundles/bundle.ts";
import { type OptionWord, readOptionWord } from "./option-word.ts";
import type { Grammar } from "./parsed-words.ts";
import { tokenize, type Word } from "./tokenize.ts";

const MASK = "•••";

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
  const isSecret = secretTest(grammar, secrets);
  let masked = "";
  let done = 0;
  scan.words.forEach((word, index) => {
    const hidden = hiddenPart(text, word, scan.words[index - 1], isSecret);
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

type SecretTest = (form: OptionWord) => boolean;

/** Where in the text the hidden part of a word starts. */
function hiddenPart(
  text: string,
  word: Word,
  before: Word | undefined,
  isSecret: SecretTest,
): number | undefined {
  const form = readOptionWord(word.text, new Set());
  if ("value" in form && isSecret(form)) {
    const equals = text.slice(word.start, word.end).indexOf("=");
    return equals < 0 ? word.start : word.start + equals + 1;
  }
  if (!before) return undefined;
  const formBefore = readOptionWord(before.text, new Set());
  return !("value" in formBefore) && isSecret(formBefore) ? word.start : undefined;
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

/** Hides everything from the first option on, where words cannot be told apart. */
function maskRest(text: string, start: number): string {
  const option = /(^|\p{White_Space})["'“”„‟‘’‚‛]?[-—–]/u.exec(text.slice(start));
  return option ? `${text.slice(0, start + option.index)} ${MASK}` : text;
}
