import {
  type Document,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseDocument,
  visit,
} from "yaml";
import { createLookup, type NodeLookup } from "./node-lookup.ts";

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

/** At an offset of the text. */
interface Problem {
  at: number;
  message: string;
}

/** Of one anchor. */
const MAX_ALIASES = 100;
const MAX_ALL_ALIASES = 1000;
/** More than a file can hold without aliases. */
const MAX_VALUES = 1_000_000;

/**
 * Reads YAML 1.2 as plain mappings, lists and values. A number whose digits would not survive
 * (`1.10`, `007`) stays text.
 */
export function parseSource(text: string): SourceParse {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      logLevel: "error",
      // The reader's own check compares each key with all before it.
      uniqueKeys: false,
    });
    const placeAt = (offset: number) => place(lines, offset);
    const problems = [
      ...document.errors.map((error) => ({ ...placeAt(error.pos[0]), message: readable(error) })),
      ...[...kindProblems(document), ...keyProblems(document)].map(({ at, message }) => ({
        ...placeAt(at),
        message,
      })),
    ];
    if (problems.length > 0) return { ok: false, problems };
    checkAliases(document);
    keepDigits(document);
    const content = writtenOut(document.toJS({ maxAliasCount: MAX_ALIASES }), {
      left: MAX_VALUES,
    });
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
  let made: NodeLookup | undefined;
  const lookup = () => {
    made ??= createLookup(document);
    return made;
  };
  const placeOf = (path: Path) => {
    return placeAt(keyOffset(lookup(), path) ?? document.contents?.range?.[0] ?? 0);
  };
  return {
    content,
    placeOf,
    placeIn(path, within) {
      const node = lookup().valueAt(path);
      if (!node?.range || !isScalar(node)) return placeOf(path);
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

function keyOffset(lookup: NodeLookup, path: Path): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const offset = lookup.keyAt(path.slice(0, length))?.range?.[0];
    if (offset !== undefined) return offset;
  }
  return undefined;
}

const CORE = "tag:yaml.org,2002:";
const SCALAR_TAGS = ["!", ...["str", "int", "float", "bool", "null"].map((name) => CORE + name)];

/** What the reader would turn into an object of another kind, which then looks like an empty one. */
function kindProblems(document: Document.Parsed<ParsedNode>): Problem[] {
  const problems: Problem[] = [];
  if (document.directives.yaml.version !== "1.2") {
    problems.push({ at: 0, message: "should be YAML 1.2; leave out the %YAML line" });
  }
  const allow = (node: Node, tags: readonly string[]) => {
    if (node.tag === undefined || tags.includes(node.tag)) return;
    const tag = node.tag.replace(CORE, "!!");
    problems.push({ at: offsetOf(node), message: `the tag ${tag} cannot stand here` });
  };
  visit(document, {
    Map: (_key, node) => allow(node, ["!", `${CORE}map`]),
    Seq: (_key, node) => allow(node, ["!", `${CORE}seq`]),
    Scalar: (_key, node) => allow(node, SCALAR_TAGS),
  });
  return problems;
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Keys that their mapping has already, and the one that no schema looks at. */
function keyProblems(document: Document.Parsed<ParsedNode>): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Map(_key, { items }) {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) {
          problems.push({ at: offsetOf(key), message: "a key should be written as plain text" });
          continue;
        }
        const [at, name] = [key.range?.[0] ?? 0, String(key.value ?? "")];
        if (seen.has(name)) problems.push({ at, message: "Map keys must be unique" });
        if (name === "__proto__") problems.push({ at, message: `${name} is not a known key` });
        seen.add(name);
      }
    },
  });
  return problems;
}

/** The reader looks for each alias among all the others. */
function checkAliases(document: Document.Parsed<ParsedNode>): void {
  let count = 0;
  visit(document, {
    Alias() {
      if (++count > MAX_ALL_ALIASES) throw new Error(`it has more than ${MAX_ALL_ALIASES} aliases`);
    },
  });
}

function keepDigits(document: Document.Parsed<ParsedNode>): void {
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== "number" && typeof node.value !== "boolean") return;
      if (node.source !== undefined && String(node.value) !== node.source) node.value = node.source;
    },
  });
}

/** A few aliases of what holds aliases make much of little. */
function writtenOut(value: unknown, budget: { left: number }): unknown {
  if (--budget.left < 0) throw new Error("with its aliases written out it is too large");
  if (Array.isArray(value)) return value.map((item) => writtenOut(item, budget));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, writtenOut(item, budget)]),
  );
}

/** The reader reports a stack that overflows as an error of the file. */
function readable({ message }: { message: string }): string {
  return /call stack/.test(message) ? "is nested too deeply" : message;
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
