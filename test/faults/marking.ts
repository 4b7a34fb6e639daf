import { chmod, readFile, writeFile } from "node:fs/promises";

/** What the command is asked to print: parts of so many lines, with a pause after each. */
export interface Printing {
  lines: number;
  parts: number;
  pauseS: number;
}

/** What to type. */
export function markLine({ lines, parts, pauseS }: Printing): string {
  return `!probe:mark ${lines} ${parts} ${pauseS}`;
}

/** As a bundle writes them. */
export interface Timeouts {
  lostAfter?: string;
  offerTimeout?: string;
}

/** A command that adds its execution's id to a file each time that it really runs, and prints. */
export function markingBundle(
  file: string,
  { lostAfter = "30s", offerTimeout = "1s" }: Timeouts = {},
): string {
  const script = [
    `echo "$ALDIS_EXECUTION_ID" >> ${file}`,
    `for part in $(seq "$2")`,
    `do seq -f "$ALDIS_EXECUTION_ID $part %.0f" "$1"`,
    `sleep "$3"`,
    `done`,
  ].join("; ");
  return `
aldis_bundle_version: 1
name: probe
version: 1.0.0
description: Leaves marks.
commands:
  mark:
    description: Leaves a mark and prints.
    executable: [/bin/sh, -c, '${script}', mark]
    native: true
    options: {}
    arguments:
      - { name: lines, required: true }
      - { name: parts, required: true }
      - { name: pause, required: true }
    rules: [allow]
    offer_timeout: ${offerTimeout}
    lost_after: ${lostAfter}
`;
}

/** What the command prints for this execution, from the first byte to the last. */
export function printedBy(executionId: string, { lines, parts }: Printing): string {
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  return numbers(parts)
    .flatMap((part) => numbers(lines).map((line) => `${executionId} ${part} ${line}\n`))
    .join("");
}

/** Native commands of root's relay run as another user. */
export async function makeMarksFile(file: string): Promise<void> {
  await writeFile(file, "");
  await chmod(file, 0o666);
}

/** How often each execution has left its mark. */
export async function readMarks(file: string): Promise<Map<string, number>> {
  const marks = new Map<string, number>();
  for (const line of (await readFile(file, "utf8")).split("\n")) {
    if (line) marks.set(line, (marks.get(line) ?? 0) + 1);
  }
  return marks;
}
