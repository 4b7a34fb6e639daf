import { type AuditHead, openAuditHead } from "../../relay/wire/audit-head.ts";
import { KeyList, keysOf, verifyKeyList } from "../../relay/wire/key-list.ts";
import { thumbprint, type VerifyingKey } from "../../relay/wire/keys.ts";
import type { ExportHeader } from "./export-format.ts";
import type { Finding } from "./findings.ts";

/** A signed head that somebody has kept outside of the database. */
export interface GivenHead {
  /** As `relay edge-1 has kept`. */
  from: string;
  jws: string;
}

/** A head whose signature holds: the chain must pass through it. */
export interface KnownHead extends AuditHead {
  from: string;
  isSignedByBot: boolean;
}

export interface KnownHeads {
  /** By number. */
  heads: KnownHead[];
  /** Fingerprint of the authority that has signed the key lists. */
  authority: string | null;
  /** The head that the export itself brings. */
  own: (KnownHead & { kid: string }) | null;
  /** A list or a head whose signature does not hold. */
  finding: Finding | undefined;
  /** Heads of other workspaces. */
  elsewhere: number;
}

/** Opens the export's own head and those given, by the keys that the authority has listed. */
export async function openHeads(
  header: ExportHeader,
  given: readonly GivenHead[],
  pinned: string | undefined,
): Promise<KnownHeads> {
  const { keys, authority, problem } = await trustedKeys(header.keyLists, pinned);
  const known: KnownHeads = {
    heads: [],
    authority,
    own: null,
    finding: problem === undefined ? undefined : signatureFinding(problem),
    elsewhere: 0,
  };
  const own = header.head === null ? [] : [{ from: OWN, jws: header.head }];
  for (const { from, jws } of [...own, ...given]) {
    const opened = await openAuditHead(jws.trim(), keys);
    if (!opened.ok) {
      known.finding ??= signatureFinding(`a head that ${from} does not hold: ${opened.failure}`);
      continue;
    }
    const head = { ...opened.head, from, isSignedByBot: from === OWN };
    if (head.workspace !== header.workspace) {
      known.elsewhere++;
      continue;
    }
    if (from === OWN) known.own = { ...head, kid: opened.kid };
    known.heads.push(head);
  }
  known.heads.sort((a, b) => a.number - b.number);
  return known;
}

const OWN = "the bots have signed";

/** The keys on those lists that the authority has signed, expired ones too. */
export async function trustedKeys(
  lists: readonly string[],
  pinned: string | undefined,
): Promise<{
  keys: Map<string, VerifyingKey>;
  authority: string | null;
  problem: string | undefined;
}> {
  const keys = new Map<string, VerifyingKey>();
  const newest = lists.at(-1);
  const authority = pinned ?? (newest === undefined ? undefined : claimedAuthority(newest));
  if (authority === undefined) return { keys, authority: null, problem: "there is no key list" };
  let problem: string | undefined;
  for (const jws of lists) {
    const check = await verifyKeyList(jws, authority);
    if (check.ok) for (const [kid, key] of keysOf(check.list, 0)) keys.set(kid, key);
    else problem = `a key list does not hold: ${check.reason}`;
  }
  return { keys, authority, problem };
}

/** Says only who claims to have signed it. */
function claimedAuthority(jws: string): string | undefined {
  try {
    const body = Buffer.from(jws.split(".")[1] ?? "", "base64url").toString("utf8");
    return thumbprint(KeyList.parse(JSON.parse(body)).authority);
  } catch {
    return undefined;
  }
}

function signatureFinding(message: string): Finding {
  return { what: "signature", number: null, eventId: null, at: null, message };
}
