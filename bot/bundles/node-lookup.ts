import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  visit,
} from "yaml";

/** The nodes of a document by their path: one pass over it, then a step at a time. */
export interface NodeLookup {
  /** A value, through whatever aliases stand on the way. */
  valueAt(path: Path): Node | undefined;
  /** The key of a mapping's entry, or the item of a sequence. */
  keyAt(path: Path): Node | undefined;
}

type Path = readonly (string | number)[];
type Entries = ReadonlyMap<string, { key: Node | undefined; value: Node | undefined }>;

export function createLookup(document: Document.Parsed<ParsedNode>): NodeLookup {
  const targets = targetsOf(document);
  const known = new Map<Node, Entries>();

  function entriesOf(node: Node | undefined): Entries | undefined {
    if (!node) return undefined;
    const entries = known.get(node) ?? readEntries(node);
    known.set(node, entries);
    return entries;
  }

  function behind(node: Node | undefined): Node | undefined {
    return isAlias(node) ? targets.get(node) : node;
  }

  function valueAt(path: Path): Node | undefined {
    let node = behind(document.contents ?? undefined);
    for (const step of path) node = behind(entriesOf(node)?.get(String(step))?.value);
    return node;
  }

  function keyAt(path: Path): Node | undefined {
    const entry = entriesOf(valueAt(path.slice(0, -1)))?.get(String(path.at(-1)));
    return entry?.key ?? behind(entry?.value);
  }

  return { valueAt, keyAt };
}

function readEntries(node: Node): Entries {
  const entries = new Map<string, { key: Node | undefined; value: Node | undefined }>();
  if (isMap<Node, Node>(node)) {
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : undefined;
      if (name !== undefined) entries.set(name, { key, value: value ?? undefined });
    }
  }
  if (isSeq<Node>(node)) {
    node.items.forEach((value, index) => {
      entries.set(String(index), { key: undefined, value });
    });
  }
  return entries;
}

/** What each alias stands for: the last node before it that has its anchor. */
function targetsOf(document: Document.Parsed<ParsedNode>): ReadonlyMap<Node, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  visit(document, {
    Node(_key, node) {
      const target = isAlias(node) ? anchored.get(node.source) : undefined;
      if (target) targets.set(node, target);
      if (!isAlias(node) && node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}
