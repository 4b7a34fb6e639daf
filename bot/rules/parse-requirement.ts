import type { Requirement } from "./syntax.ts";
import type { TokenStream } from "./token-stream.ts";

/** Reads what follows `must have`; "and" binds tighter than "or". */
export function parseRequirement(tokens: TokenStream): Requirement {
  return parseJoined(tokens, "or", () => parseJoined(tokens, "and", () => parsePart(tokens)));
}

function parseJoined(
  tokens: TokenStream,
  word: "and" | "or",
  parsePart: () => Requirement,
): Requirement {
  const first = parsePart();
  if (!tokens.isNext(word)) return first;
  const parts = [first];
  while (tokens.accept(word)) parts.push(parsePart());
  return { kind: word, parts };
}

function parsePart(tokens: TokenStream): Requirement {
  if (tokens.accept("(")) {
    const inner = tokens.nested(() => parseRequirement(tokens));
    tokens.expect(")");
    return inner;
  }
  if (tokens.accept("any", "in")) return { kind: "any-in", permissions: parseList(tokens) };
  if (tokens.accept("all", "in")) return { kind: "all-in", permissions: parseList(tokens) };
  return { kind: "permission", ...parsePermission(tokens) };
}

function parseList(tokens: TokenStream): { name: string; at: number }[] {
  const permissions = tokens.list(() => parsePermission(tokens));
  if (permissions.length === 0) tokens.fail("a list of permissions cannot be empty");
  return permissions;
}

function parsePermission(tokens: TokenStream): { name: string; at: number } {
  const token = tokens.peek();
  if (token.kind !== "qualified") tokens.fail("a permission like bundle:name is expected here");
  tokens.take();
  return { name: token.text, at: token.at };
}
