import { nearest } from "../../relay/process/nearest.ts";
import type { Option } from "../bundles/bundle.ts";
import { faultOf, splitValue } from "../bundles/option-value.ts";
import type { OptionFacts } from "../rules/facts.ts";
import { type OptionWord, readOptionWord } from "./option-word.ts";
import type { SecretPlace } from "./parsed-words.ts";
import type { InvocationProblem } from "./problem.ts";
import type { Word } from "./tokenize.ts";

type Options = Readonly<Record<string, Option>>;

export type DeclaredRead =
  | { ok: true; options: OptionFacts; arguments: readonly Word[]; secrets: readonly SecretPlace[] }
  | { ok: false; problem: InvocationProblem };

/** Reads words by the options a command declares; whatever else looks like an option is refused. */
export function readDeclared(options: Options, words: readonly Word[], end: number): DeclaredRead {
  const reader = new Reader(options, words);
  const problem = reader.read() ?? missingOption(options, reader.given, end);
  if (problem) return { ok: false, problem };
  const facts = factsOf(options, reader.given);
  return { ok: true, options: facts, arguments: reader.arguments, secrets: reader.secrets };
}

class Reader {
  readonly given = new Map<string, string[]>();
  readonly arguments: Word[] = [];
  readonly secrets: SecretPlace[] = [];
  readonly #options: Options;
  readonly #byShortName: ReadonlyMap<string, Option>;
  readonly #forms: readonly OptionWord[];
  readonly #words: readonly Word[];
  #next = 0;

  constructor(options: Options, words: readonly Word[]) {
    this.#options = options;
    this.#byShortName = new Map(
      Object.values(options).flatMap((option) => (option.short ? [[option.short, option]] : [])),
    );
    const shortNames = new Set(this.#byShortName.keys());
    this.#forms = words.map(({ text }) => readOptionWord(text, shortNames));
    this.#words = words;
  }

  read(): InvocationProblem | undefined {
    for (const word of this.#remaining()) {
      const form = this.#forms[this.#next - 1];
      if (form?.kind === "terminator") {
        for (const argument of this.#remaining()) this.arguments.push(argument);
        return undefined;
      }
      const problem = this.#readWord(word, form);
      if (problem) return problem;
    }
    return undefined;
  }

  *#remaining(): Generator<Word> {
    for (let word = this.#words[this.#next]; word; word = this.#words[this.#next]) {
      this.#next++;
      yield word;
    }
  }

  #readWord(word: Word, form: OptionWord | undefined): InvocationProblem | undefined {
    if (form?.kind === "long") return this.#readLong(word, form.name, form.value);
    if (form?.kind === "short") return this.#readShort(word, form.letters, form.value);
    this.arguments.push(word);
    return undefined;
  }

  #readLong(word: Word, name: string, value: string | undefined): InvocationProblem | undefined {
    const option = Object.hasOwn(this.#options, name) ? this.#options[name] : undefined;
    if (!option) return this.#unknown(word, `--${name}`, name);
    if (value === undefined) return this.#readValue(word, `--${name}`, option);
    this.#noteSecret(option, this.#next - 1, word.text.indexOf("=") + 1);
    return this.#give(word, `--${name}`, option, value);
  }

  #readShort(
    word: Word,
    letters: readonly string[],
    value: string | undefined,
  ): InvocationProblem | undefined {
    const [first] = letters;
    for (const letter of letters) {
      const option = this.#byShortName.get(letter);
      if (!option) return this.#unknown(word, `-${letter}`, letters.join(""));
      const name = `-${letter}`;
      if (value !== undefined) {
        const message = `write --${option.name}=value; ${name} takes its value from the next word`;
        return { code: "unexpected-value", message, position: word.start };
      }
      if (option.type !== "bool" && letters.length > 1) {
        const message = `${name} takes a value, so it cannot stand among other letters`;
        return { code: "missing-value", message, position: word.start };
      }
      const problem = this.#readValue(word, name, option);
      if (problem) return problem;
    }
    return first === undefined ? this.#unknown(word, word.text, "") : undefined;
  }

  /** A flag needs none; any other option takes the next word, unless that is an option. */
  #readValue(word: Word, name: string, option: Option): InvocationProblem | undefined {
    if (option.type === "bool") return this.#give(word, name, option, "true");
    const value = this.#words[this.#next];
    if (!value || this.#forms[this.#next]?.kind !== "argument") {
      // The word itself may hold a secret.
      const hint = value ? `; if the next word is meant, write --${option.name}=…` : "";
      const message = `${name} needs a value${hint}`;
      return { code: "missing-value", message, position: word.start };
    }
    this.#noteSecret(option, this.#next, 0);
    this.#next++;
    return this.#give(value, name, option, value.text);
  }

  #give(word: Word, name: string, option: Option, text: string): InvocationProblem | undefined {
    const before = this.given.get(option.name);
    if (before && option.type !== "list") {
      const message = `${name} is given twice`;
      return { code: "repeated-option", message, position: word.start };
    }
    const values = splitValue(option, text);
    for (const value of values) {
      const fault = faultOf(option, value);
      if (fault) {
        const message = `${name} ${option.secret ? "cannot have this value" : fault}`;
        return { code: "bad-value", message, position: word.start };
      }
    }
    const given = before ?? [];
    for (const value of values) given.push(value);
    this.given.set(option.name, given);
    return undefined;
  }

  #noteSecret(option: Option, index: number, from: number): void {
    if (option.secret) this.secrets.push({ option: option.name, index, from });
  }

  #unknown(word: Word, typed: string, name: string): InvocationProblem {
    const close = nearest(name, Object.keys(this.#options));
    const hint = close === undefined ? "" : `; did you mean --${close}?`;
    // A name that is not known may be that of a secret option with its value run on to it.
    const isMeant = close !== undefined && !this.#options[close]?.secret;
    const hasSecret = Object.values(this.#options).some(({ secret }) => secret);
    const isHarmless = isMeant || !hasSecret || [...word.text].length === 2;
    const what = isHarmless
      ? `no option ${typed}`
      : `no such option, at character ${word.start + 1}`;
    const message = `there is ${what}${hint}`;
    return { code: "unknown-option", message, position: word.start };
  }
}

function missingOption(
  options: Options,
  given: ReadonlyMap<string, unknown>,
  end: number,
): InvocationProblem | undefined {
  const missing = Object.values(options).find(({ name, required }) => required && !given.has(name));
  if (!missing) return undefined;
  return { code: "missing-option", message: `--${missing.name} is missing`, position: end };
}

/** Defaults come first; a flag that was not given is `false`. */
function factsOf(options: Options, given: ReadonlyMap<string, string[]>): OptionFacts {
  const known = Object.values(options).flatMap((option): [string, readonly string[]][] => {
    const flag = option.type === "bool" ? ["false"] : undefined;
    const values = given.get(option.name) ?? option.default ?? flag;
    return values ? [[option.name, values]] : [];
  });
  return Object.fromEntries(known);
}
