import { styleText } from "node:util";
import type { Bundle } from "../bundles/bundle.ts";
import { type Change, diffBundles } from "../bundles/diff.ts";
import { printBundleError } from "../bundles/problem.ts";
import { withoutControls } from "../replies/plain-text.ts";
import { printChange } from "./bundle-diff-text.ts";
import { readBundleFile } from "./bundle-file.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine, printNote } from "./terminal.ts";

/** Shows what changes between two bundle files; that they differ is no failure. */
export async function showBundleDiff(
  beforeFile: string,
  afterFile: string,
  options: { json?: boolean },
): Promise<number> {
  const before = await validBundle(beforeFile);
  const after = await validBundle(afterFile);
  const changes = diffBundles(before, after);
  if (options.json) {
    printLine(JSON.stringify({ before: nameOf(before), after: nameOf(after), changes }, null, 2));
    return 0;
  }
  const [from, to] = [before, after].map(({ name, version }) => `${name} ${version}`);
  if (changes.length === 0) printNote(`${from}: nothing changes`);
  else for (const line of linesOf(`${from} → ${to}`, changes)) printLine(line);
  return 0;
}

async function validBundle(file: string): Promise<Bundle> {
  const loaded = await readBundleFile(file);
  if (loaded.ok) return loaded.bundle;
  throw new CliFailure(
    loaded.errors.map((error) => withoutControls(printBundleError(error))).join("\n"),
    EXIT.badData,
  );
}

function nameOf({ name, version, digest }: Bundle): object {
  return { name, version, digest };
}

/** Changes below the title of their section; what several commands share is one line. */
function linesOf(title: string, changes: readonly Change[]): string[] {
  const lines = [styleText("bold", title, { stream: process.stdout })];
  for (const [section, ofSection] of Map.groupBy(changes, ({ section }) => section)) {
    lines.push(section);
    const same = Map.groupBy(ofSection, (change) => change.kind + printChange(change));
    lines.push(...[...same.values()].map(lineOf));
  }
  return lines;
}

const MARKS = {
  added: { sign: "+", color: "green" },
  removed: { sign: "-", color: "red" },
  changed: { sign: "~", color: "yellow" },
} as const;

function lineOf(same: readonly Change[]): string {
  const [first] = same;
  if (!first) return "";
  const { sign, color } = MARKS[first.kind];
  const commands = same.flatMap(({ command }) => command ?? []).join(", ");
  const line = [commands, printChange(first)].filter((part) => part !== "").join(": ");
  const text = withoutControls(`  ${sign} ${line}`).replaceAll("\n", " ");
  return styleText(color, text, { stream: process.stdout });
}
