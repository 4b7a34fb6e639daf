/** One comma-separated part of a selector's text; without values it is about the tag alone. */
export interface SelectorTerm {
  name: string;
  /** `!` for what must not be, `~` for what is only preferred. */
  mark: "" | "!" | "~";
  values?: string[];
}

type TermsParse =
  | { ok: true; terms: SelectorTerm[] }
  | { ok: false; message: string; position: number };

const SPACE = /\s*/y;
const NAME = /[A-Za-z0-9][A-Za-z0-9._/-]{0,62}/y;
const VALUE = /"(?:[^"\\]|\\.)*"|[A-Za-z0-9._/:@+-]+/y;
const IN = /in\b/y;

/** Splits `k=v,k in (v w),!k=v,k,!k,~k=v` into its terms. */
export function parseSelectorTerms(text: string): TermsParse {
  let position = 0;
  const terms: SelectorTerm[] = [];

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = position;
    const found = pattern.exec(text)?.[0];
    position += found?.length ?? 0;
    return found;
  }
  function takeSymbol(symbol: string): boolean {
    take(SPACE);
    if (!text.startsWith(symbol, position)) return false;
    position += symbol.length;
    return true;
  }
  function takeValue(): string | undefined {
    take(SPACE);
    const raw = take(VALUE);
    return raw?.startsWith('"') ? unquote(raw) : raw;
  }
  function takeValues(): string[] | undefined {
    const values: string[] = [];
    if (!takeSymbol("(")) return undefined;
    while (!takeSymbol(")")) {
      const value = takeValue();
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }
  function takeTerm(): string | undefined {
    const mark = takeSymbol("!") ? "!" : takeSymbol("~") ? "~" : "";
    take(SPACE);
    const name = take(NAME);
    if (name === undefined) return "a tag name is missing here";
    if (text.startsWith("!=", position)) return `write !${name}=value for what is not wanted`;
    if (takeSymbol("=")) {
      const value = takeValue();
      if (value === undefined) return `a value for ${name} is missing here`;
      terms.push({ name, mark, values: [value] });
      return undefined;
    }
    if (take(IN) !== undefined) {
      const values = takeValues();
      if (!values) return `values for ${name} are written as (one two)`;
      terms.push({ name, mark, values });
      return undefined;
    }
    if (mark === "~") return `write ~${name}=value; a tag alone is not preferred`;
    terms.push({ name, mark });
    return undefined;
  }

  take(SPACE);
  if (position === text.length) return { ok: true, terms };
  do {
    const message = takeTerm();
    if (message !== undefined) return { ok: false, message, position };
  } while (takeSymbol(","));
  if (position < text.length) return { ok: false, message: "a comma is missing here", position };
  return { ok: true, terms };
}

function unquote(raw: string): string | undefined {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
