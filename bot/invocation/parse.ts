import { faultOfChoice } from "../bundles/option-value.ts";
import type { ArgumentFacts } from "../rules/facts.ts";
import { readDeclared } from "./declared-options.ts";
import type { Grammar, WordsParse } from "./parsed-words.ts";
import type { InvocationProblem } from "./problem.ts";
import { readAllWays } from "./readings.ts";
import type { Word } from "./tokenize.ts";

/** Reads options and arguments; `end` is where a complaint about something missing points. */
export function parseWords(grammar: Grammar, words: readonly Word[], end: number): WordsParse {
  const argv = words.map(({ text }) => text);
  if (!grammar.declaresOptions) {
    const parsed = { argv, ...readAllWays(argv), secrets: [] };
    const problem = checkArguments(grammar, parsed.arguments, words, end);
    return problem ? { ok: false, problem } : { ok: true, parsed };
  }
  const read = readDeclared(grammar.options, words, end);
  if (!read.ok) return read;
  const { options, secrets } = read;
  const parsed = { argv, options, secrets, arguments: read.arguments.map(({ text }) => text) };
  const problem = checkArguments(grammar, parsed.arguments, read.arguments, end);
  return problem ? { ok: false, problem } : { ok: true, parsed };
}

/** What is not known cannot be complained about. */
function checkArguments(
  { arguments: declared }: Grammar,
  given: ArgumentFacts | null,
  words: readonly Word[],
  end: number,
): InvocationProblem | undefined {
  if (!given) return undefined;
  for (const [index, { name, required, choices }] of declared.entries()) {
    const value = given[index];
    if (value === undefined && required) {
      return { code: "missing-argument", message: `${name} is missing`, position: end };
    }
    const fault = typeof value === "string" ? faultOfChoice(choices, value) : undefined;
    if (fault !== undefined) {
      const word = [words[index], ...words].find((candidate) => candidate?.text === value);
      const position = word?.start ?? end;
      return { code: "bad-argument", message: `${name} ${fault}`, position };
    }
  }
  return undefined;
}
