import type { Bundle } from "../bundles/bundle.ts";
import { oneLine } from "../rules/one-line.ts";
import { addressOf, type NamedCommand } from "./address.ts";
import { parseWords } from "./parse.ts";
import type { Grammar, ParsedWords } from "./parsed-words.ts";
import type { InvocationProblem } from "./problem.ts";
import { resolve, type Target } from "./resolve.ts";
import { tokenize } from "./tokenize.ts";

/** Why a line is not an invocation that could run. */
export const OFFLINE_CODES = {
  empty: "no command is named",
  "not-a-command": "the first word cannot be the name of a command",
  "unknown-command": "no bundle has the command",
  ambiguous: "several bundles have a command of this short name",
  "unclosed-quote": "a quote is never closed",
  "unclosed-block": "a code block is never closed",
  "bad-character": "a word holds the character NUL",
  "too-long": "a word has more than 64 KiB",
  "unknown-option": "the command declares no such option",
  "repeated-option": "an option that is no list is given twice",
  "missing-value": "an option needs a value",
  "unexpected-value": "a value stands where the option takes none",
  "bad-value": "the value does not fit the option's type or choices",
  "missing-option": "an option that is required is not given",
  "missing-argument": "an argument that is required is not given",
  "bad-argument": "the argument is none of its choices",
} as const satisfies Record<InvocationProblem["code"], string> & Record<string, string>;
export type OfflineCode = keyof typeof OFFLINE_CODES;

export interface OfflineError {
  code: OfflineCode;
  message: string;
  /** Offset in the text, in UTF-16 units. */
  position: number;
}

/** What a line says, as far as the bundles at hand tell. */
export interface OfflineLine {
  /** Absent in a short name where there is no bundle to find it in. */
  bundle: string | undefined;
  command: string;
  /** Absent where there is no bundle: nothing is then declared. */
  target: Target | undefined;
  parsed: ParsedWords;
}

export type OfflineRead = { ok: true; line: OfflineLine } | { ok: false; error: OfflineError };

type Found = { ok: true; target: Target | undefined } | { ok: false; error: OfflineError };

const FORMS = { prefix: "!", mentions: ["@aldis", "/aldis"], isDirect: true } as const;
const UNDECLARED: Grammar = { declaresOptions: false, options: {}, arguments: [] };

/**
 * Reads a line as it would be typed to the bot. Commands are found in the bundles as in chat;
 * without a bundle nothing is declared, and every name is taken for a command's.
 */
export function readOffline(text: string, bundles: ReadonlyMap<string, Bundle>): OfflineRead {
  const named = addressOf(text, FORMS);
  if (named.kind === "malformed") {
    const message = `"${named.word}" is not the name of a command; write one like !web:deploy`;
    return failure({ code: "not-a-command", message, position: named.position });
  }
  if (named.kind !== "command") {
    const message = "no command is named; write one like !web:deploy";
    return failure({ code: "empty", message, position: text.length });
  }
  const found = findTarget(bundles, named);
  if (!found.ok) return found;
  const { target } = found;
  const tokens = tokenize(text, named.rest);
  if (!tokens.ok) return failure(tokens.problem);
  const read = parseWords(target?.command ?? UNDECLARED, tokens.words, text.length);
  if (!read.ok) return failure(read.problem);
  const bundle = target?.bundle.name ?? named.bundle;
  return { ok: true, line: { bundle, command: named.command, target, parsed: read.parsed } };
}

function findTarget(bundles: ReadonlyMap<string, Bundle>, named: NamedCommand): Found {
  if (bundles.size === 0) return { ok: true, target: undefined };
  const resolved = resolve(bundles, named, () => true);
  if (resolved.kind === "target") return { ok: true, target: resolved.target };
  if (resolved.kind === "ambiguous") {
    const position = named.rest - named.command.length;
    const message = `several bundles have ${named.command}: say ${resolved.names.join(" or ")}`;
    return failure({ code: "ambiguous", message, position });
  }
  const { name, suggestion } = resolved;
  const known = [...bundles.keys()].sort().join(", ");
  const hint =
    suggestion === undefined ? `the bundles are ${known}` : `did you mean ${suggestion}?`;
  const message = `there is no command ${name}; ${hint}`;
  return failure({ code: "unknown-command", message, position: named.rest - name.length });
}

function failure(error: OfflineError): { ok: false; error: OfflineError } {
  return { ok: false, error: { ...error, message: oneLine(error.message) } };
}
