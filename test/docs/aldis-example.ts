import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../relay/process/package-root.ts";

/** A command of `aldis` as it is typed, and below it what it prints; it needs no bot. */
export function showRun(args: readonly string[], folder: string): string {
  const program = join(packageRoot(), "bot/cli/aldis.ts");
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  const typed = ["aldis", ...args].map(quote).join(" ");
  if (stderr !== "" || status === null) throw new Error(`${typed}: ${stderr}`);
  return `\`\`\`sh\n${typed}\n\`\`\`\n\n\`\`\`text\n${stdout}\`\`\`\n`;
}

/** A folder with these files, for as long as it is used. */
export function inFolderWith<Result>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Result,
): Result {
  const folder = mkdtempSync(join(tmpdir(), "aldis-examples-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For a shell, where a word needs it. */
function quote(word: string): string {
  return /^[\w.:/=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
