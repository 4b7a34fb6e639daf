/**
 * Finds many byte strings at once, in one step for each byte (Aho and Corasick): a state is the
 * longest end of what was read that some string begins with.
 *
 * One row for each state: the next state for each class of bytes, then the two facts about the
 * state itself. States are the places of their rows. The sign says that a string ends there, so
 * that the loop over all other bytes is short.
 */
export interface Automaton {
  readonly table: Int32Array;
  /** Bytes that no string tells apart are one class. */
  readonly classOf: Uint8Array;
  readonly classes: number;
  /** No string is shorter, as far as skipping is concerned. */
  readonly windowBytes: number;
  /**
   * Where no string has begun, how far to go on at once: by the last two bytes of the window that
   * begins here. 0: one may begin here.
   */
  readonly skip: Uint8Array;
}

/** With many strings a longer window only fills up. */
const LONGEST_WINDOW_BYTES = 16;

/** How many of the last bytes some string begins with. */
export function depthOf({ table, classes }: Automaton, state: number): number {
  return table[state + classes] ?? 0;
}

/** Length of the longest string that ends here. */
export function foundAt({ table, classes }: Automaton, state: number): number {
  return table[state + classes + 1] ?? 0;
}

interface Node {
  next: Map<number, Node>;
  depth: number;
  /** Length of the longest string that ends here. */
  found: number;
  row: number;
  /** The longest proper end of this that is a beginning as well. */
  shorter: Node | undefined;
}

export function buildAutomaton(strings: readonly Uint8Array[]): Automaton {
  const { classOf, classes } = classify(strings);
  const root = newNode(0);
  for (const bytes of strings) insert(root, bytes, classOf);
  const nodes = inOrder(root);
  const stride = classes + 2;
  const table = new Int32Array(nodes.length * stride);
  for (const [index, node] of nodes.entries()) node.row = index * stride;
  for (const node of nodes) fill(table, node, root, classes);
  const windowBytes = Math.min(LONGEST_WINDOW_BYTES, ...strings.map(({ length }) => length));
  return { table, classOf, classes, windowBytes, skip: skipsOf(strings, windowBytes) };
}

/** Wu and Manber: a pair that ends `n` bytes before a window's end lets it move by `n`. */
function skipsOf(strings: readonly Uint8Array[], windowBytes: number): Uint8Array {
  const skip = new Uint8Array(1 << 16).fill(windowBytes - 1);
  for (const bytes of strings) {
    for (let end = 1; end < windowBytes; end++) {
      const pair = pairAt(bytes, end);
      skip[pair] = Math.min(skip[pair] ?? 0, windowBytes - 1 - end);
    }
  }
  return skip;
}

function pairAt(bytes: Uint8Array, end: number): number {
  return ((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0);
}

/** Class 0 holds every byte that occurs in no string. */
function classify(strings: readonly Uint8Array[]): { classOf: Uint8Array; classes: number } {
  const classOf = new Uint8Array(256);
  const used = new Set(strings.flatMap((bytes) => [...bytes]));
  // Where all 256 are used, the first needs no class of its own: it shares 0 with none.
  let classes = used.size === 256 ? 0 : 1;
  for (const byte of used) classOf[byte] = classes++;
  return { classOf, classes };
}

function newNode(depth: number): Node {
  return { next: new Map(), depth, found: 0, row: 0, shorter: undefined };
}

function insert(root: Node, bytes: Uint8Array, classOf: Uint8Array): void {
  let node = root;
  for (const byte of bytes) {
    const kind = classOf[byte] ?? 0;
    const next = node.next.get(kind) ?? newNode(node.depth + 1);
    node.next.set(kind, next);
    node = next;
  }
  node.found = bytes.length;
}

/** Shorter ones first, each with what it falls back to. */
function inOrder(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) {
    for (const [kind, child] of node.next) {
      child.shorter = node === root ? root : fallBack(node.shorter, kind, root);
      child.found ||= child.shorter.found;
      nodes.push(child);
    }
  }
  return nodes;
}

function fallBack(from: Node | undefined, kind: number, root: Node): Node {
  for (let node = from; node; node = node.shorter) {
    const next = node.next.get(kind);
    if (next) return next;
  }
  return root;
}

/** What has no row of its own goes on as the shorter one does, whose row is filled already. */
function fill(table: Int32Array, node: Node, root: Node, classes: number): void {
  const shorter = node.shorter?.row;
  if (shorter !== undefined) table.copyWithin(node.row, shorter, shorter + classes);
  else table.fill(root.row, node.row, node.row + classes);
  for (const [kind, next] of node.next) {
    table[node.row + kind] = next.found > 0 ? -next.row : next.row;
  }
  table[node.row + classes] = node.depth;
  table[node.row + classes + 1] = node.found;
}
