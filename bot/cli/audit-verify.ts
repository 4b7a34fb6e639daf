import { createReadStream, readFileSync } from "node:fs";
import { z } from "zod";
import type { Finding } from "../audit/findings.ts";
import type { GivenHead } from "../audit/known-heads.ts";
import { eachLine } from "../audit/lines-of.ts";
import { type AuditReport, NotAnExport, type VerifyOptions, verifyAudit } from "../audit/verify.ts";
import { createProgress } from "./audit.ts";
import { openExport } from "./audit-export.ts";
import type { Client } from "./client.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine, printNote } from "./terminal.ts";

export interface VerifyAudit {
  head: readonly string[];
  authority?: string;
  database?: string;
  workspace: string;
  json?: boolean;
}

/** Checks the audit of a bot, of a file or of a database, on this machine. */
export async function verifyAuditOf(
  file: string | undefined,
  options: VerifyAudit,
  connect: () => Promise<Client>,
): Promise<number> {
  const progress = createProgress();
  const how: VerifyOptions = {
    heads: options.head.flatMap(readHeads),
    authority: options.authority,
    onProgress: progress.show,
  };
  const report = await check(file, options, how, connect);
  progress.end();
  if (options.json) printLine(JSON.stringify(report, null, 2));
  else printReport(report);
  return report.whole ? 0 : EXIT.refused;
}

async function check(
  file: string | undefined,
  options: VerifyAudit,
  how: VerifyOptions,
  connect: () => Promise<Client>,
): Promise<AuditReport> {
  if (options.database !== undefined && file !== undefined) {
    throw new CliFailure("give a file or --database, not both", EXIT.usage);
  }
  if (options.database !== undefined) {
    const { verifyDatabaseAt } = await import("./audit-verify-database.ts");
    return verifyDatabaseAt(options.database, options.workspace, how);
  }
  try {
    const pieces = file ? readPieces(file) : openExport(await connect(), LIVE);
    return await verifyAudit(eachLine(pieces), how);
  } catch (error) {
    if (!(error instanceof NotAnExport)) throw error;
    throw new CliFailure(`${file ?? "the answer"}: ${error.message}`, EXIT.badData);
  }
}

const LIVE = new URLSearchParams({ purpose: "verify" });

async function* readPieces(file: string): AsyncGenerator<string> {
  const stream = createReadStream(file, { encoding: "utf8", highWaterMark: 256 * 1024 });
  try {
    for await (const piece of stream) yield String(piece);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

const KeptHeads = z.object({
  relay: z.string(),
  heads: z.array(z.object({ jws: z.string() })),
});

/** What `aldis relay head --json` has printed, in a file; or one head as such. */
function readHeads(given: string): GivenHead[] {
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(given))
    return [{ from: "whoever gave it has kept", jws: given }];
  let text: string;
  try {
    text = readFileSync(given, "utf8");
  } catch (cause) {
    throw unreadable(given, cause);
  }
  try {
    const { relay, heads } = KeptHeads.parse(JSON.parse(text));
    return heads.map(({ jws }) => ({ from: `relay ${relay} has kept`, jws }));
  } catch {
    const line = `--head ${given} is neither a head nor what aldis relay head --json prints`;
    throw new CliFailure(line, EXIT.usage);
  }
}

function unreadable(file: string, cause: unknown): CliFailure {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CliFailure(`${file} cannot be read: ${reason}`, EXIT.noInput, { cause });
}

function printReport(report: AuditReport): void {
  const [first, ...others] = report.findings;
  if (first) {
    printLine(`NOT WHOLE: ${lineOf(first)}`);
    printLine(`${report.links} events up to there hold`);
    for (const other of others) printLine(`also: ${lineOf(other)}`);
    return;
  }
  const span = report.from === null ? "" : `, ${report.from} to ${report.to}`;
  printLine(`whole: ${report.links} events, numbers ${report.first} to ${report.last}${span}`);
  if (report.head) printLine(`head ${report.head.number} ${report.head.hash}`);
  printLine(`${report.erased} details erased, ${report.unlinked} events not linked yet`);
  printLine(`${report.headsChecked} heads kept elsewhere hold`);
  printCautions(report);
}

function lineOf({ what, number, eventId, at, message }: Finding): string {
  const where = number === null ? "" : ` at number ${number}`;
  const which = [eventId && `event ${eventId}`, at].filter(Boolean);
  const about = which.length > 0 ? ` (${which.join(", ")})` : "";
  return `${what}${where}${about}: ${message}`;
}

function printCautions(report: AuditReport): void {
  if (report.erasedUnexplained > 0) {
    printNote(`${report.erasedUnexplained} details are gone, and no event says who erased them`);
  }
  if (!report.isAuthorityPinned) {
    printNote(`the authority is ${report.authority}: compare, or give it with --authority`);
  }
  if (report.headsChecked === 0) {
    printNote(
      "without a head that a relay has kept (--head), a rewritten whole looks like this too",
    );
  }
}
