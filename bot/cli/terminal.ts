import { once } from "node:events";
import { styleText } from "node:util";
import { printTable, withoutControls } from "../replies/plain-text.ts";
import { createTerminalText } from "../replies/terminal-text.ts";

/** What a person sees as a table, and a script as JSON. */
export interface Listing {
  json: unknown;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  /** Instead of a table without rows. */
  none: string;
}

export function printListing(listing: Listing, asJson: boolean): void {
  if (asJson) printLine(JSON.stringify(listing.json, null, 2));
  else if (listing.rows.length === 0) printNote(listing.none);
  else printLine(tableOf(listing));
}

function tableOf({ columns, rows }: Listing): string {
  const head = columns.map((name) => name.toUpperCase());
  const clean = rows.map((row) => row.map((cell) => withoutControls(cell).replaceAll("\n", " ")));
  const [first = "", ...others] = printTable([head, ...clean]).split("\n");
  return [styleText("bold", first, { stream: process.stdout }), ...others].join("\n");
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** For people, beside the result. */
export function printNote(line: string): void {
  process.stderr.write(`${withoutControls(line)}\n`);
}

/**
 * Writes a command's output: to a terminal only what it shows, never what it acts on; elsewhere
 * byte for byte. Waits for a slow reader rather than keep everything in memory.
 */
export function createOutputWriter(): (
  stream: "stdout" | "stderr",
  bytes: Uint8Array,
) => Promise<void> {
  const texts = { stdout: createTerminalText(), stderr: createTerminalText() };
  return async (stream, bytes) => {
    const shown = process[stream].isTTY ? texts[stream].write(bytes) : bytes;
    if (!process[stream].write(shown)) await once(process[stream], "drain");
  };
}
