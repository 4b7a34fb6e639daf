import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
} from "yaml";

export type Path = readonly (string | number)[];

export interface Place {
  line: number;
  column: number;
}

/** A YAML file as plain data that still knows where everything stands. */
export interface SourceDocument {
  content: unknown;
  /** Where a key stands, or the nearest thing around it that exists. */
  placeOf(path: Path): Place;
  /** Where a line and column within a text value stand in the file. */
  placeIn(path: Path, within: Place): Place;
}

export type SourceParse =
  | { ok: true; document: SourceDocument }
  | { ok: false; problems: readonly (Place & { message: string })[] };

const MAX_ALIASES = 100;

/**
 * Reads YAML 1.2. A number whose digits would not survive (`1.10`, `007`) stays text, and a key
 * without a value counts as left out.
 */
export function parseSource(text: string): SourceParse {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      logLevel: "error",
    });
    const placeAt = (offset: number) => place(lines, offset);
    const problems = document.errors.map(({ message, pos }) => ({ ...placeAt(pos[0]), message }));
    if (problems.length > 0) return { ok: false, problems };
    keepDigits(document);
    const content = withoutNulls(document.toJS({ maxAliasCount: MAX_ALIASES }));
    return { ok: true, document: sourceDocument(document, content, text, placeAt) };
  } catch (error) {
    return { ok: false, problems: [{ line: 1, column: 1, message: unreadable(error) }] };
  }
}

function sourceDocument(
  document: Document.Parsed<ParsedNode>,
  content: unknown,
  text: string,
  placeAt: (offset: number) => Place,
): SourceDocument {
  return {
    content,
    placeOf: (path) => placeAt(keyOffset(document, path)),
    placeIn(path, within) {
      const node = nodeAt(document, path);
      if (!node?.range || !isScalar(node)) return placeAt(keyOffset(document, path));
      const [start, end] = node.range;
      const value = String(node.value);
      const before = value
        .split("\n")
        .slice(0, within.line - 1)
        .join("\n").length;
      const offset = before + (within.line > 1 ? 1 : 0) + within.column - 1;
      const raw = text.slice(start, end);
      return placeAt(start + offsetInSource(raw, value, offset));
    },
  };
}

/** Offset in a scalar's source for one in its value; the scalar's start where they differ. */
function offsetInSource(raw: string, value: string, offset: number): number {
  if (raw.startsWith(value)) return offset;
  if (raw.slice(1, -1) === value) return offset + 1;
  const line = value.slice(0, offset).split("\n").length - 1;
  const lineText = value.split("\n")[line] ?? "";
  const column = offset - (value.lastIndexOf("\n", offset - 1) + 1);
  const found = lineText === "" ? -1 : raw.indexOf(lineText);
  return found < 0 ? 0 : found + column;
}

function keyOffset(document: Document.Parsed<ParsedNode>, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent = nodeAt(document, path.slice(0, length - 1));
    const last = path[length - 1];
    const node = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === last)?.key
      : nodeAt(document, path.slice(0, length));
    const offset = isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
    if (offset !== undefined) return offset;
  }
  return document.contents?.range?.[0] ?? 0;
}

function nodeAt(document: Document.Parsed<ParsedNode>, path: Path): Node | undefined {
  let node: unknown = document.contents;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isMap(node) && !isSeq(node)) return undefined;
    node = node.get(step, true);
  }
  if (isAlias(node)) node = node.resolve(document);
  return isScalar(node) || isMap(node) || isSeq(node) ? node : undefined;
}

function keepDigits(document: Document.Parsed<ParsedNode>): void {
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== "number" && typeof node.value !== "boolean") return;
      if (node.source !== undefined && String(node.value) !== node.source) node.value = node.source;
    },
  });
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}

/** The stack overflows on deep nesting, and the reader refuses too many aliases. */
function unreadable(error: unknown): string {
  if (error instanceof RangeError) return "is nested too deeply";
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}

function place(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}
