/** What the bot says, free of any chat's markup; each adapter shows it in its own way. */
export type Block =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "fields"; fields: readonly (readonly [name: string, value: string])[] }
  | { kind: "table"; columns: readonly string[]; rows: readonly (readonly string[])[] };

export interface Answer {
  /** `problem` when what was asked for did not happen. */
  tone: "ok" | "problem";
  /** Only for the caller's eyes. */
  isPrivate: boolean;
  blocks: readonly Block[];
}

export function say(...blocks: (Block | string)[]): Answer {
  return { tone: "ok", isPrivate: false, blocks: blocks.map(toBlock) };
}

/** An answer that says no; private, because it concerns nobody but the caller. */
export function refuse(...blocks: (Block | string)[]): Answer {
  return { tone: "problem", isPrivate: true, blocks: blocks.map(toBlock) };
}

function toBlock(block: Block | string): Block {
  return typeof block === "string" ? { kind: "text", text: block } : block;
}
