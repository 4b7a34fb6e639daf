import { execFile } from "node:child_process";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { packageRoot } from "../../relay/process/package-root.ts";

/** One normative sentence of a reference page, as `**L12**` marks it. */
export interface Statement {
  id: string;
  line: number;
}

export interface StatementPage {
  statements: readonly Statement[];
  /** Lines of paragraphs, bullets and table rows that should have a number and have none. */
  unnumbered: readonly string[];
}

const MARK = /\*\*([A-Z]\d\d)\*\*/g;
/** Sections that only show how something is used. */
const NARRATIVE = /^## Trying /;

/**
 * Reads the statements of a page. What stands before the first section, in a fence, in a blockquote
 * or between the marks of a generated part is no statement.
 */
export function statementsIn(text: string): StatementPage {
  const statements: Statement[] = [];
  const unnumbered: string[] = [];
  const lines = blankOut(text).split("\n");
  let isNormative = false;
  for (const [index, line] of lines.entries()) {
    const marks = [...line.matchAll(MARK)].map(([, id = ""]) => ({ id, line: index + 1 }));
    statements.push(...marks);
    if (line.startsWith("## ")) isNormative = !NARRATIVE.test(line);
    else if (isNormative && isStart(lines, index) && !isNumbered(line, marks.length)) {
      unnumbered.push(`${index + 1}: ${line}`);
    }
  }
  return { statements, unnumbered };
}

/** Fences and generated parts as empty lines, so that the others keep their numbers. */
function blankOut(text: string): string {
  const parts = /^```[\s\S]*?^```$|^<!-- (.+): begin -->$[\s\S]*?^<!-- \1: end -->$/gm;
  return text.replaceAll(parts, (part) => part.replaceAll(/[^\n]+/g, ""));
}

/** Whether a paragraph, a bullet or a row of a table starts here. */
function isStart(lines: readonly string[], index: number): boolean {
  const [before = "", line = "", after = ""] = [index - 1, index, index + 1].map((at) => lines[at]);
  if (line === "" || /^(#|>|<!--|\|[-|]+$)/.test(line)) return false;
  if (line.startsWith("|")) return !/^\|[-|]+$/.test(after);
  return /^\s*([-*]|\d+\.) /.test(line) || before === "" || /^[#>|]/.test(before);
}

function isNumbered(line: string, marks: number): boolean {
  const isRow = line.startsWith("|");
  return marks === 1 && (isRow || /^(- )?\*\*[A-Z]\d\d\*\* /.test(line));
}

/** A test as vitest finds it; what is skipped or only written in a comment is none. */
export interface ListedTest {
  file: string;
  /** Titles of its groups and its own, from the outermost. */
  titles: readonly string[];
}

const Listing = z.array(z.object({ name: z.string(), file: z.string() }));

/** Every test in these folders, collected by vitest itself in a process of its own. */
export async function listTests(folders: readonly string[]): Promise<ListedTest[]> {
  const vitest = join(packageRoot(), "node_modules/vitest/vitest.mjs");
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [vitest, "list", ...folders, "--no-isolate", "--json"],
    { cwd: packageRoot(), env: Object.fromEntries(inherited), maxBuffer: 64 * 2 ** 20 },
  );
  return Listing.parse(JSON.parse(stdout)).map(({ name, file }) => ({
    file: relative(packageRoot(), file),
    titles: name.split(" > "),
  }));
}

/** The numbers that a test's titles start with, as in `R07 R08: an absent value`. */
export function citedBy({ titles }: ListedTest): string[] {
  return titles.flatMap((title) => {
    const [start = ""] = /^(?:[LRBP]\d\d[ :,]+)*/.exec(title) ?? [];
    return start.match(/[LRBP]\d\d/g) ?? [];
  });
}
