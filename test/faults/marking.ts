import { chmod, readFile, writeFile } from "node:fs/promises";

/**
 * A command that adds its execution's id to a file each time that it really runs, and prints so
 * many lines, waits, and prints as many again.
 */
export function markingBundle(file: string, { lostAfter = "30s" }: { lostAfter?: string } = {}) {
  const script = [
    `echo "$ALDIS_EXECUTION_ID" >> ${file}`,
    `seq -f "$ALDIS_EXECUTION_ID first %.0f" "$1"`,
    `sleep "$2"`,
    `seq -f "$ALDIS_EXECUTION_ID second %.0f" "$1"`,
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
    arguments: [{ name: lines, required: true }, { name: pause, required: true }]
    rules: [allow]
    offer_timeout: 1s
    lost_after: ${lostAfter}
`;
}

/** What the command prints for this execution, from the first byte to the last. */
export function printedBy(executionId: string, lines: number): string {
  const part = (name: string) =>
    Array.from({ length: lines }, (_, index) => `${executionId} ${name} ${index + 1}\n`).join("");
  return part("first") + part("second");
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
