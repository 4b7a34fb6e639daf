import type { Command } from "../bundles/bundle.ts";
import type { ArgumentFacts, OptionFacts } from "../rules/facts.ts";
import type { InvocationProblem } from "./problem.ts";

/** What of a command says how its words are read. */
export type Grammar = Pick<Command, "declaresOptions" | "options" | "arguments">;

/** One reading of the words, for the rules and for the program. */
export interface ParsedWords {
  /** As typed; follows the executable. */
  argv: readonly string[];
  /** With defaults, and `false` for flags that were not given. */
  options: OptionFacts;
  /** Of options that are not declared: names that may stand for longer ones. */
  abbreviations?: readonly string[];
  arguments: ArgumentFacts | null;
  /** Where in `argv` values of secret options stand. */
  secrets: readonly SecretPlace[];
}

export interface SecretPlace {
  option: string;
  /** Which word, and from where in it the secret starts. */
  index: number;
  from: number;
}

export type WordsParse =
  | { ok: true; parsed: ParsedWords }
  | { ok: false; problem: InvocationProblem };
