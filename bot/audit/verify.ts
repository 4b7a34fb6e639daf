import { z } from "zod";
import { ChainWalk } from "./chain-walk.ts";
import { ExportEnd, ExportHeader, ExportLink } from "./export-format.ts";
import type { Finding } from "./findings.ts";
import { type GivenHead, type KnownHeads, openHeads } from "./known-heads.ts";

export interface VerifyOptions {
  /** Kept outside of the database: what no one who rules the database can rewrite. */
  heads: readonly GivenHead[];
  /** Fingerprint of the authority, as relays pin it. */
  authority?: string | undefined;
  /** Called now and then with how many links have been checked. */
  onProgress?(links: number): void;
}

/** Whether the audit is whole; if not, the first event that does not hold. */
export interface AuditReport {
  whole: boolean;
  finding: Finding | null;
  /** The first and those after it, ten at most. */
  findings: Finding[];
  workspace: string;
  /** How many hold up to the first finding. */
  links: number;
  first: number;
  last: number;
  from: string | null;
  to: string | null;
  head: { number: number; hash: string; at: string; signedBy: string } | null;
  /** Fingerprint of the authority that has listed the signing keys, and whether it was given. */
  authority: string | null;
  isAuthorityPinned: boolean;
  /** How many of the heads that were given say something of these links. */
  headsChecked: number;
  erased: number;
  /** Of these, details of which no event says that they were erased. */
  erasedUnexplained: number;
  unlinked: number;
}

/** What was given is no export of the audit. */
export class NotAnExport extends Error {
  override readonly name = "NotAnExport";
}

const Line = z.union([ExportLink, ExportEnd]);
const PROGRESS_EVERY = 1_000;
export const MOST_FINDINGS = 10;

/** Checks an export line by line, with memory for one. */
export async function verifyAudit(
  source: AsyncIterable<string>,
  options: VerifyOptions,
): Promise<AuditReport> {
  const lines = source[Symbol.asyncIterator]();
  const header = readHeader((await lines.next()).value);
  const known = await openHeads(header, options.heads, options.authority);
  const walk = new ChainWalk(header, known.heads);
  const findings = walk.begin();
  let links: number | undefined;
  let end: ExportEnd | undefined;
  while (!end && findings.length < MOST_FINDINGS) {
    const next = await lines.next();
    if (next.done) break;
    const line = readLine(next.value);
    const before = walk.links;
    if (!line) findings.push(brokenLine(walk));
    else if ("end" in line) end = line;
    else findings.push(...walk.take(line));
    if (findings.length > 0) links ??= before;
    if (walk.links % PROGRESS_EVERY === 0) options.onProgress?.(walk.links);
  }
  await lines.return?.();
  if (findings.length < MOST_FINDINGS) {
    findings.push(...walk.end(), ...endFindings(walk, end));
    findings.push(...headFindings(header, walk, known, options));
  }
  links ??= walk.links;
  return reportOf(header, known, walk, { findings, links, end, options });
}

function readHeader(line: unknown): ExportHeader {
  const header = typeof line === "string" ? parse(ExportHeader, line) : undefined;
  if (header) return header;
  throw new NotAnExport("this is no audit export of a version that this program knows");
}

function readLine(text: string): ExportLink | ExportEnd | undefined {
  return parse(Line, text);
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function brokenLine(walk: ChainWalk): Finding {
  return elsewhere("altered", `the line after number ${walk.last} is no link`);
}

function endFindings(walk: ChainWalk, end: ExportEnd | undefined): Finding[] {
  if (!end) return [elsewhere("broken off", `the export breaks off after number ${walk.last}`)];
  const findings: Finding[] = [];
  if (end.last > walk.last) {
    const message = `the chain ended at ${end.last} when this was exported; the last link is ${walk.last}`;
    findings.push(elsewhere("missing", message));
  }
  const [orphan] = end.orphans;
  if (orphan !== undefined) {
    const others = end.orphans.length - 1;
    const more = others > 0 ? `, nor are ${others} others` : "";
    const message = `an event is in no link and does not wait for one${more}: it was not recorded by a bot`;
    findings.push({ ...elsewhere("forged", message), eventId: orphan });
  }
  return findings;
}

function headFindings(
  header: ExportHeader,
  walk: ChainWalk,
  known: KnownHeads,
  { heads }: VerifyOptions,
): Finding[] {
  const findings = known.finding ? [known.finding] : [];
  // A bot signs each new head at once: a chain without one has lost it.
  if (!known.own && walk.last > 0) {
    findings.push(elsewhere("signature", "no bot has signed a head of this chain"));
  }
  if (heads.length > 0 && applying(header, known) === 0) {
    findings.push(elsewhere("unwitnessed", unwitnessed(header, known)));
  }
  if (walk.links === 0 && header.first > 1) {
    const message = `there is no link from number ${header.first} on: export from an earlier time`;
    findings.push(elsewhere("empty", message));
  }
  return findings;
}

function unwitnessed(
  { first, workspace }: ExportHeader,
  { elsewhere: others }: KnownHeads,
): string {
  if (others > 0)
    return `the heads given are of another workspace than this export's, ${workspace}`;
  return `no head that was given says anything of number ${first} or what follows`;
}

/** How many heads that were given say something of these links. */
function applying(header: ExportHeader, { heads }: KnownHeads): number {
  return heads.filter(({ isSignedByBot, number }) => !isSignedByBot && number >= header.first - 1)
    .length;
}

function elsewhere(what: Finding["what"], message: string): Finding {
  return { what, number: null, eventId: null, at: null, message };
}

interface Outcome {
  findings: Finding[];
  links: number;
  end: ExportEnd | undefined;
  options: VerifyOptions;
}

function reportOf(
  header: ExportHeader,
  known: KnownHeads,
  walk: ChainWalk,
  { findings, links, end, options }: Outcome,
): AuditReport {
  const { own } = known;
  return {
    whole: findings.length === 0,
    finding: findings[0] ?? null,
    findings: findings.slice(0, MOST_FINDINGS),
    workspace: header.workspace,
    links,
    first: header.first,
    last: walk.last,
    from: walk.from,
    to: walk.to,
    head: own && { number: own.number, hash: own.hash, at: own.at, signedBy: own.kid },
    authority: known.authority,
    isAuthorityPinned: options.authority !== undefined,
    headsChecked: applying(header, known),
    erased: walk.erased,
    erasedUnexplained: walk.unexplained,
    unlinked: end?.unlinked ?? 0,
  };
}
