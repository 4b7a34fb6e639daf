import { allHeads, readKeptHeads } from "./kept-heads-file.ts";

/** What `aldis relay head` prints: what this relay keeps of the audit chain, for `audit verify`. */
export async function describeHeads(
  directory: string,
  relay: string,
  { json = false }: { json?: boolean },
): Promise<string> {
  const heads = allHeads(await readKeptHeads(directory));
  if (json) return `${JSON.stringify({ relay, heads }, null, 2)}\n`;
  if (heads.length === 0) return "no head of an audit chain has come with a receipt yet\n";
  const rows = heads.map(({ workspace, number, at, hash }) => [workspace, `${number}`, at, hash]);
  return printColumns([["WORKSPACE", "NUMBER", "SIGNED", "HASH"], ...rows]);
}

function printColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => `${line(row).trimEnd()}\n`).join("");
}
