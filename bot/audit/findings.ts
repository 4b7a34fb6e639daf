import { linkHashOf, sha256 } from "./chain-hash.ts";
import { EventBody, type ExportLink } from "./export-format.ts";

/** What does not hold, and where. */
export interface Finding {
  what:
    | "altered"
    | "detail altered"
    | "missing"
    | "out of order"
    | "inserted"
    | "cut"
    | "rewritten"
    | "forged"
    | "signature"
    | "broken off"
    | "unwitnessed"
    | "empty";
  number: number | null;
  eventId: string | null;
  at: string | null;
  message: string;
}

/** A link that does not follow from the one before. */
export interface Suspect {
  link: ExportLink;
  /** The hash before it, which held. */
  before: Buffer;
  expected: number;
}

export function findingAt(link: ExportLink, what: Finding["what"], message: string): Finding {
  const at = readBody(link)?.at ?? timeOf(link.id);
  return { what, number: link.number, eventId: link.id, at, message };
}

/** A version 7 UUID tells when it was drawn: all that is left of an event that is gone. */
function timeOf(id: string): string | null {
  if (id[14] !== "7") return null;
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString();
}

export function readBody({ event }: ExportLink): EventBody | undefined {
  if (event === null) return undefined;
  try {
    return EventBody.safeParse(JSON.parse(event)).data;
  } catch {
    return undefined;
  }
}

/** Events that were removed or inserted are looked for up to so many at once. */
const FARTHEST = 10_000;

/**
 * What was done to a link that does not hold, as far as the one after it can tell: who changes
 * the chain by hand leaves hashes that were made for other numbers and other neighbours.
 */
export function classify({ link, before, expected }: Suspect, next?: ExportLink): Finding {
  const { number } = link;
  if (number !== expected) return classifyNumber(link, expected, next);
  if (!next || next.event === null || link.event === null) return altered(link);
  const body = sha256(Buffer.from(link.event));
  const nextBody = sha256(Buffer.from(next.event));
  const hash = Buffer.from(link.hash, "hex");
  const nextHash = Buffer.from(next.hash, "hex");
  const isSwapped =
    linkHashOf(before, number, nextBody).equals(hash) ||
    linkHashOf(nextHash, number + 1, body).equals(hash);
  if (isSwapped) return findingAt(link, "out of order", "it stands in another's place");
  const follows = (by: number) => linkHashOf(hash, number + 1 + by, nextBody).equals(nextHash);
  if (follows(0)) return altered(link);
  const recomputed = linkHashOf(before, number, body);
  if (linkHashOf(recomputed, number + 1, nextBody).equals(nextHash)) {
    return findingAt(link, "altered", "the hash of its link was altered");
  }
  for (let by = 1; by <= FARTHEST; by++) {
    if (follows(by)) return findingAt(link, "missing", removed(by));
    if (by <= number && follows(-by)) return findingAt(link, "inserted", inserted(by));
  }
  return altered(link);
}

function classifyNumber(link: ExportLink, expected: number, next?: ExportLink): Finding {
  if (link.number < expected || next?.number === expected) {
    return findingAt(link, "out of order", `it stands where number ${expected} belongs`);
  }
  const last = link.number - 1;
  const gone = last === expected ? `number ${expected} is` : `numbers ${expected} to ${last} are`;
  return findingAt(link, "missing", `${gone} missing before it`);
}

function altered(link: ExportLink): Finding {
  if (link.event === null) return findingAt(link, "missing", "the event of this link is gone");
  const message =
    "it was altered: its body does not give the hash of its link, or not this one was linked here";
  return findingAt(link, "altered", message);
}

function removed(count: number): string {
  const who = count === 1 ? "an event" : `${count} events`;
  return `${who} before it removed, and those after it renumbered`;
}

function inserted(count: number): string {
  const who = count === 1 ? "an event" : `${count} events`;
  return `${who} inserted before it, and those after renumbered`;
}
