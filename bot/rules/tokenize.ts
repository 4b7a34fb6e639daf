export interface Token {
  kind: "word" | "qualified" | "string" | "number" | "pattern" | "symbol" | "end";
  /** The value: of a string without its quotes, of a pattern without its slashes. */
  text: string;
  at: number;
}

export type Tokens =
  | { ok: true; tokens: readonly Token[] }
  | { ok: false; message: string; at: number };

const SIMPLE: readonly [Token["kind"], RegExp][] = [
  ["qualified", /[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*/y],
  ["word", /[A-Za-z][A-Za-z0-9_-]*/y],
  ["number", /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?![A-Za-z0-9_.])/y],
  ["symbol", /==|!=|<=|>=|[<>()[\],.]/y],
];
const SPACE = /\p{White_Space}*/uy;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy;
const PATTERN = /\/((?:[^/\\\n]|\\[^\n])*)\//y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["\\", "\\"],
  ['"', '"'],
  ["'", "'"],
]);

/** Splits a rule into tokens, the last of which is `end`. */
export function tokenizeRule(text: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(SPACE, text, at)?.length ?? 0;
    if (at >= text.length) break;
    const token = quoted(text, at) ?? simple(text, at);
    if ("message" in token) return { ok: false, message: token.message, at: token.at };
    tokens.push(token);
    at = token.next;
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return { ok: true, tokens };
}

type Scan = (Token & { next: number }) | { message: string; at: number };

function simple(text: string, at: number): Scan {
  for (const [kind, pattern] of SIMPLE) {
    const found = match(pattern, text, at);
    if (found) return { kind, text: found, at, next: at + found.length };
  }
  const rest = /^[^\s()[\],]+/.exec(text.slice(at))?.[0] ?? text.charAt(at);
  if (/^-?[0-9]/.test(rest)) {
    return { message: `${rest} is not a number; put it in quotes if it is text`, at };
  }
  return { message: `${rest.slice(0, 20)} has no meaning here`, at };
}

function quoted(text: string, at: number): Scan | undefined {
  const opening = text.charAt(at);
  if (opening === "/") {
    const found = match(PATTERN, text, at);
    if (found === undefined) return { message: "this pattern is never closed by a /", at };
    const source = found
      .slice(1, -1)
      .replace(/\\(.)/g, (both, next) => (next === "/" ? "/" : both));
    return { kind: "pattern", text: source, at, next: at + found.length };
  }
  if (opening !== '"' && opening !== "'") return undefined;
  const found = match(STRING, text, at);
  if (found === undefined) return { message: `this quote is never closed by a ${opening}`, at };
  const value = unescapeString(found.slice(1, -1));
  if (typeof value === "number") {
    return {
      message: String.raw`in a string only \\ \" \' \n \r \t are escapes`,
      at: at + 1 + value,
    };
  }
  return { kind: "string", text: value, at, next: at + found.length };
}

/** The text that is meant, or where an unknown escape stands. */
function unescapeString(body: string): string | number {
  let value = "";
  for (let at = 0; at < body.length; at++) {
    const character = body.charAt(at);
    const escaped = character === "\\" ? ESCAPES.get(body.charAt(at + 1)) : character;
    if (escaped === undefined) return at;
    if (character === "\\") at++;
    value += escaped;
  }
  return value;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
