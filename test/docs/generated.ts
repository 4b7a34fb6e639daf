import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../relay/process/package-root.ts";
import { configurationPage } from "./configuration-page.ts";

export interface GeneratedPage {
  /** From the root of the package. */
  path: string;
  text: string;
}

/** Every page, or part of one, that is made from the code. */
export function generatedPages(): GeneratedPage[] {
  return [
    { path: "docs/configuration.md", text: configurationPage() },
    withPart("docs/architecture.md", "sideways", sidewaysTable()),
    withPart("docs/operating.md", "exit codes", exitCodeTable()),
  ];
}

/** The page as it stands, with what is between the part's marks replaced. */
function withPart(path: string, name: string, body: string): GeneratedPage {
  const text = readFromRoot(path);
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`${path} has no part "${name}"`);
  return { path, text: text.slice(0, from) + body + text.slice(to) };
}

/** The import table's exceptions, as the test that holds them lists them. */
function sidewaysTable(): string {
  const source = readFromRoot("test/architecture.test.ts");
  const list = /const SIDEWAYS[^[]*\[([^\]]*)\]/.exec(source)?.[1] ?? "";
  const rows = [...list.matchAll(/"(\S+) → (\S+)"/g)].map(([, from = "", to = ""]) => [
    `\`${from}\``,
    `\`${to}\``,
  ]);
  return table(["from", "to"], rows);
}

function exitCodeTable(): string {
  const [, list = ""] = helpOf([]).split("Exit codes:\n");
  const rows = [...list.matchAll(/^ {2}(\d+) +(\S.*)$/gm)].map(([, code = "", meaning = ""]) => [
    code,
    meaning,
  ]);
  return table(["code", "meaning"], rows);
}

const helps = new Map<string, string>();

/** What `aldis ARGS… --help` prints, from the source. */
export function helpOf(args: readonly string[]): string {
  const name = args.join(" ");
  const known = helps.get(name);
  if (known !== undefined) return known;
  const program = join(packageRoot(), "bot/cli/aldis.ts");
  const text = execFileSync(process.execPath, [program, ...args, "--help"], { encoding: "utf8" });
  helps.set(name, text);
  return text;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return [line(columns), `|${"---|".repeat(columns.length)}\n`, ...rows.map(line)].join("");
}

function readFromRoot(path: string): string {
  return readFileSync(join(packageRoot(), path), "utf8");
}
