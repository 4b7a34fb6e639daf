import { parseCondition } from "./parse-condition.ts";
import { parseRequirement } from "./parse-requirement.ts";
import { printRule } from "./print.ts";
import { type Effect, problemAt, type Rule, type RuleProblem } from "./syntax.ts";
import { MAX_DEPTH, RuleSyntaxError, TokenStream } from "./token-stream.ts";
import { type Token, tokenizeRule } from "./tokenize.ts";

export type RuleParse = { ok: true; rule: Rule } | { ok: false; problem: RuleProblem };

const MAX_LENGTH = 10_000;

/**
 * Reads one rule. In a bundle file the command may be left out: it is then `command`, and a rule
 * that names another one is a mistake.
 */
export function parseRule(text: string, command?: string): RuleParse {
  if (text.length > MAX_LENGTH)
    return failure(text, 0, `a rule has at most ${MAX_LENGTH} characters`);
  const scan = tokenizeRule(text);
  if (!scan.ok) return failure(text, scan.at, scan.message);
  try {
    const rule = ruleFrom(new TokenStream(scan.tokens), text, command);
    const fault = faultOfPrinted(rule);
    return fault === undefined ? { ok: true, rule } : failure(text, 0, fault);
  } catch (error) {
    if (!(error instanceof RuleSyntaxError)) throw error;
    return failure(text, error.at, error.message);
  }
}

/** Quotes and parentheses are added when it is printed, and it is to be read again as it is then. */
function faultOfPrinted(rule: Rule): string | undefined {
  const printed = printRule(rule);
  if (printed.length > MAX_LENGTH) {
    return `a rule has at most ${MAX_LENGTH} characters in its canonical form, and this one has ${printed.length}`;
  }
  const scan = tokenizeRule(printed);
  const depth = scan.ok ? depthOf(scan.tokens) : 0;
  return depth > MAX_DEPTH ? "this rule is nested too deeply in its canonical form" : undefined;
}

/** At least as deep as the nesting that reading it takes. */
function depthOf(tokens: readonly Token[]): number {
  let depth = 0;
  let deepest = 0;
  const before: number[] = [];
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind === "symbol" && text === "(") before.push(depth++);
    else if (kind === "symbol" && text === ")") depth = before.pop() ?? 0;
    else if (kind === "word" && text === "must") depth = 0;
    else if (kind === "word" && text === "not" && tokens[index + 1]?.text !== "in") depth++;
    else if (kind === "word" && (text === "and" || text === "or")) depth = opened(before);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** A part between `and` and `or` has ended, and every `not` before it with it. */
function opened(before: readonly number[]): number {
  const outer = before.at(-1);
  return outer === undefined ? 0 : outer + 1;
}

function ruleFrom(tokens: TokenStream, text: string, expected: string | undefined): Rule {
  const command = parseCommand(tokens, expected);
  const condition = tokens.accept("with") ? parseCondition(tokens) : undefined;
  const effect = parseEffect(tokens);
  if (tokens.peek().kind !== "end") tokens.fail("the rule should end here");
  return condition ? { command, condition, effect, text } : { command, effect, text };
}

function parseCommand(tokens: TokenStream, expected: string | undefined): string {
  const isLongForm = tokens.accept("when", "command", "is");
  const token = tokens.peek();
  if (token.kind !== "qualified") {
    if (expected === undefined || isLongForm) tokens.fail("bundle:command is expected here");
    return expected;
  }
  tokens.take();
  if (expected !== undefined && token.text !== expected) {
    throw new RuleSyntaxError(`a rule of ${expected} cannot be about ${token.text}`, token.at);
  }
  return token.text;
}

function parseEffect(tokens: TokenStream): Effect {
  if (tokens.accept("allow")) return { kind: "allow" };
  if (tokens.accept("must", "have")) {
    return { kind: "must-have", requirement: parseRequirement(tokens) };
  }
  if (!tokens.accept("forbid")) tokens.fail("allow, forbid or must have is expected here");
  if (!tokens.accept("because")) return { kind: "forbid" };
  if (tokens.peek().kind !== "string") tokens.fail("a reason in quotes is expected here");
  return { kind: "forbid", because: tokens.take().text };
}

function failure(text: string, at: number, message: string): RuleParse {
  return { ok: false, problem: problemAt(text, at, message) };
}
