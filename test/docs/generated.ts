import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { printBundleSchema } from "../../bot/bundles/json-schema.ts";
import { printPolicySchema } from "../../relay/policy/json-schema.ts";
import { packageRoot } from "../../relay/process/package-root.ts";
import { configurationPage } from "./configuration-page.ts";
import { decisionExamples } from "./decision-examples.ts";
import { decisionRows, sitePermissionRows } from "./decision-table.ts";
import { bundleExamples, parseExample } from "./offline-examples.ts";
import { failureTable } from "./protocol-failures.ts";
import { protocolFiles } from "./protocol-files.ts";
import { stateTable } from "./protocol-states.ts";

export interface GeneratedPage {
  /** From the root of the package. */
  path: string;
  text: string;
}

/** Every page, or part of one, that is made from the code. */
export function generatedPages(): GeneratedPage[] {
  return [
    { path: "docs/configuration.md", text: configurationPage() },
    { path: "docs/bundle.schema.json", text: printBundleSchema() },
    { path: "docs/relay-policy.schema.json", text: printPolicySchema() },
    withPart("docs/architecture.md", "sideways", sidewaysTable()),
    withPart("docs/operating.md", "exit codes", exitCodeTable()),
    withPart("docs/line-reference.md", "parse example", parseExample()),
    withPart("docs/bundle-reference.md", "bundle examples", bundleExamples()),
    ...protocolFiles(),
    withParts("docs/relay-protocol.md", { states: stateTable(), failures: failureTable() }),
    withParts("docs/permissions.md", {
      "site permissions": table(["permission", "what it lets do"], sitePermissionRows()),
      "decision table": table(
        ["the rule", "is", "permission", "alone", "beside `allow`"],
        decisionRows(),
      ),
      "decision examples": decisionExamples(),
    }),
  ];
}

function withPart(path: string, name: string, body: string): GeneratedPage {
  return withParts(path, { [name]: body });
}

/** The page as it stands, with what is between each part's marks replaced. */
function withParts(path: string, parts: Readonly<Record<string, string>>): GeneratedPage {
  const text = Object.entries(parts).reduce(
    (page, [name, body]) => replacePart(path, page, name, body),
    readFromRoot(path),
  );
  return { path, text };
}

function replacePart(path: string, text: string, name: string, body: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`];
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`${path} has no part "${name}"`);
  return text.slice(0, from) + body + text.slice(to);
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
