import type { Token } from "./tokenize.ts";

/** Thrown within the parser and caught at its entry; never leaves this folder. */
export class RuleSyntaxError extends Error {
  override readonly name = "RuleSyntaxError";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export const MAX_DEPTH = 100;

/** A position in the tokens of one rule. */
export class TokenStream {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[this.#next + ahead] ?? this.#tokens.at(-1);
    return token ?? { kind: "end", text: "", at: 0 };
  }

  take(): Token {
    const token = this.peek();
    this.#next++;
    return token;
  }

  /** Whether these words or symbols come next. */
  isNext(...texts: readonly string[]): boolean {
    return texts.every((text, ahead) => {
      const token = this.peek(ahead);
      return (token.kind === "word" || token.kind === "symbol") && token.text === text;
    });
  }

  /** Takes these words or symbols if they come next. */
  accept(...texts: readonly string[]): boolean {
    if (!this.isNext(...texts)) return false;
    this.#next += texts.length;
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`${text} is expected here`);
  }

  /** Reports the next token as wrong. */
  fail(expectation: string, token: Token = this.peek()): never {
    const found = token.kind === "end" ? "the rule ends" : `it says ${describe(token)}`;
    throw new RuleSyntaxError(`${expectation}, but ${found}`, token.at);
  }

  /** Items between commas up to the closing bracket, which is taken too. */
  list<Item>(item: () => Item): Item[] {
    this.expect("[");
    const items: Item[] = [];
    if (this.accept("]")) return items;
    do items.push(item());
    while (this.accept(","));
    this.expect("]");
    return items;
  }

  /** Parses something that may contain itself, to a depth that no stack minds. */
  nested<Result>(parse: () => Result): Result {
    if (++this.#depth > MAX_DEPTH) {
      throw new RuleSyntaxError("this rule is nested too deeply", this.peek().at);
    }
    const result = parse();
    this.#depth--;
    return result;
  }
}

function describe(token: Token): string {
  if (token.kind === "string") return "a string";
  if (token.kind === "pattern") return "a pattern";
  return token.text;
}
