/** What a terminal of this width shows after this output, as far as the line editor asks of it. */
export function drawn(output: string, columns: number): string[] {
  const rows: string[] = [""];
  let row = 0;
  let column = 0;

  function put(char: string): void {
    if (column === columns) newLine(0);
    const line = (rows[row] ?? "").padEnd(column);
    rows[row] = line.slice(0, column) + char + line.slice(column + 1);
    column++;
  }

  function newLine(toColumn: number): void {
    row++;
    column = toColumn;
    while (rows.length <= row) rows.push("");
  }

  function control(final: string, count: number): void {
    if (final === "A") row = Math.max(0, row - count);
    else if (final === "C") column = Math.min(columns - 1, column + count);
    else if (final === "D") column = Math.max(0, column - count);
    else if (final === "G") column = count - 1;
    else if (final === "J") {
      rows.length = row + 1;
      rows[row] = (rows[row] ?? "").slice(0, column);
    } else if (final !== "m") throw new Error(`no terminal knows ${final} here`);
  }

  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal acts on
  for (const [piece, digits, final] of output.matchAll(/\x1b\[(\d*)([A-Za-z])|./gs)) {
    if (final !== undefined) control(final, Number(digits || (final === "J" ? 0 : 1)));
    else if (piece === "\r") column = 0;
    else if (piece === "\n") newLine(0);
    else put(piece);
  }
  return rows.map((line) => line.trimEnd());
}
