import { compilePattern } from "./pattern.ts";
import {
  type Comparison,
  type Condition,
  type Literal,
  NAME,
  type Operator,
  type Subject,
  type Term,
} from "./syntax.ts";
import { RuleSyntaxError, type TokenStream } from "./token-stream.ts";
import type { Token } from "./tokenize.ts";

const OPERATORS: readonly Operator[] = ["==", "!=", "<=", ">=", "<", ">", "in"];

const SUBJECTS: ReadonlyMap<string, Subject> = new Map([
  ["option", "options"],
  ["options", "options"],
  ["arg", "arguments"],
  ["args", "arguments"],
  ["user", "user"],
  ["group", "group"],
  ["role", "role"],
  ["channel", "channel"],
  ["adapter", "adapter"],
  ["hour", "hour"],
  ["weekday", "weekday"],
]);

/** Reads what follows `with`; "and" binds tighter than "or", "not" tighter than both. */
export function parseCondition(tokens: TokenStream): Condition {
  return parseJoined(tokens, "or", () => parseJoined(tokens, "and", () => parsePart(tokens)));
}

function parseJoined(
  tokens: TokenStream,
  word: "and" | "or",
  parsePart: () => Condition,
): Condition {
  const first = parsePart();
  if (!tokens.isNext(word)) return first;
  const parts = [first];
  while (tokens.accept(word)) parts.push(parsePart());
  return { kind: word, parts };
}

function parsePart(tokens: TokenStream): Condition {
  if (tokens.accept("not")) {
    return { kind: "not", condition: tokens.nested(() => parsePart(tokens)) };
  }
  if (!tokens.accept("(")) return parseComparison(tokens);
  const inner = tokens.nested(() => parseCondition(tokens));
  tokens.expect(")");
  return inner;
}

function parseComparison(tokens: TokenStream): Comparison {
  const { at } = tokens.peek();
  const quantifier = tokens.accept("any") ? "any" : tokens.accept("all") ? "all" : undefined;
  const left = parseTerm(tokens);
  const operator = parseOperator(tokens);
  const right = parseTerm(tokens);
  return { kind: "comparison", ...(quantifier && { quantifier }), left, operator, right, at };
}

function parseOperator(tokens: TokenStream): Operator {
  if (tokens.accept("not", "in")) return "not in";
  const operator = OPERATORS.find((candidate) => tokens.accept(candidate));
  return operator ?? tokens.fail("a comparison like == or in is expected here");
}

function parseTerm(tokens: TokenStream): Term {
  const token = tokens.peek();
  if (tokens.isNext("[")) {
    return { kind: "list", items: tokens.list(() => parseItem(tokens)), at: token.at };
  }
  const literal = parseLiteral(tokens);
  if (literal) return literal;
  const subject = token.kind === "word" ? SUBJECTS.get(token.text) : undefined;
  if (subject === "options" && tokens.peek(1).text === "[") return parseOption(tokens);
  if (subject === "arguments" && tokens.peek(1).text === "[") return parseArgument(tokens);
  if (subject) {
    tokens.take();
    return { kind: subject, at: token.at };
  }
  if (tokens.accept("relay", ".", "tag")) return parseRelayTag(tokens, token.at);
  const hint = token.kind === "word" ? " (text is written in quotes)" : "";
  return tokens.fail(`something to compare is expected here${hint}`);
}

/** In a list a bare name is a string. */
function parseItem(tokens: TokenStream): Literal {
  const literal = parseLiteral(tokens);
  if (literal) return literal;
  const token = tokens.peek();
  if (token.kind !== "word" || !NAME.test(token.text)) tokens.fail("a value is expected here");
  tokens.take();
  return { kind: "string", text: token.text, at: token.at };
}

function parseLiteral(tokens: TokenStream): Literal | undefined {
  const token = tokens.peek();
  if (token.kind === "string" || token.kind === "number") {
    tokens.take();
    return { kind: token.kind, text: token.text, at: token.at };
  }
  if (tokens.accept("true") || tokens.accept("false")) {
    return { kind: "boolean", text: token.text, at: token.at };
  }
  if (token.kind !== "pattern") return undefined;
  const compiled = compilePattern(token.text, token.at);
  if (!compiled.ok) throw new RuleSyntaxError(compiled.message, token.at);
  tokens.take();
  return compiled.pattern;
}

function parseOption(tokens: TokenStream): Term {
  const { at } = tokens.take();
  const name = parseIndex(tokens, (token) => token.kind === "word" || token.kind === "string");
  return { kind: "option", name: name ?? tokens.fail("an option's name is expected here"), at };
}

function parseArgument(tokens: TokenStream): Term {
  const { at } = tokens.take();
  const index = parseIndex(tokens, (token) => /^(0|[1-9][0-9]{0,3})$/.test(token.text));
  if (index === undefined) tokens.fail("the argument's number, from 0 to 9999, is expected here");
  return { kind: "argument", index: Number(index), at };
}

function parseRelayTag(tokens: TokenStream, at: number): Term {
  const name = parseIndex(tokens, (token) => token.kind === "word" || token.kind === "string");
  return { kind: "relay-tag", name: name ?? tokens.fail("a tag's name is expected here"), at };
}

function parseIndex(tokens: TokenStream, isIndex: (token: Token) => boolean): string | undefined {
  tokens.expect("[");
  if (!isIndex(tokens.peek())) return undefined;
  const { text } = tokens.take();
  tokens.expect("]");
  return text;
}
