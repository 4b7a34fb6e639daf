import { createHash } from "node:crypto";
import type { ParsedWords } from "./parsed-words.ts";
import type { Target } from "./resolve.ts";

/**
 * Whom an execution shares a limit with: those of the same command, and of the same values of the
 * options and arguments that the limit names. Hashed, because a value may be long.
 */
export function concurrencyOf(
  { bundle, command }: Target,
  parsed: ParsedWords,
): { concurrencyKey: string; concurrencyMax: number } | undefined {
  const { concurrency } = command;
  if (!concurrency) return undefined;
  const values = concurrency.by.map((name) => [name, givenFor(name)]);
  const text = JSON.stringify([bundle.name, command.name, values]);
  const concurrencyKey = createHash("sha256").update(text).digest("base64url");
  return { concurrencyKey, concurrencyMax: concurrency.max };

  function givenFor(name: string): readonly (string | null)[] | string | null {
    if (Object.hasOwn(command.options, name)) return parsed.options[name] ?? null;
    const index = command.arguments.findIndex((argument) => argument.name === name);
    return parsed.arguments?.[index] ?? null;
  }
}
