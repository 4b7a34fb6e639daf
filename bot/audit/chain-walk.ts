import { detailDigest, hashBeforeFirst, linkHash } from "./chain-hash.ts";
import type { EventBody, ExportHeader, ExportLink } from "./export-format.ts";
import { classify, type Finding, findingAt, readBody, type Suspect } from "./findings.ts";
import type { KnownHead } from "./known-heads.ts";

/**
 * Goes along the chain link by link and remembers no more than where it stands. After a finding it
 * goes on from the hash that is stored, so that one alteration does not hide another.
 */
export class ChainWalk {
  readonly #workspace: string;
  readonly #heads: KnownHead[];
  #number: number;
  #hash: Buffer;
  #suspect: Suspect | undefined;
  /** What was found last, and up to where one cause may show at each link. */
  #latest: { what: Finding["what"]; number: number } | undefined;
  /** The last head that the chain did pass through. */
  #passed = 0;
  #isRewritten = false;
  /** Details that are gone; the event that tells of the erasing comes later. */
  readonly #unexplained = new Set<string>();

  links = 0;
  erased = 0;
  from: string | null = null;
  to: string | null = null;

  constructor(header: ExportHeader, heads: readonly KnownHead[]) {
    this.#workspace = header.workspace;
    this.#number = header.first - 1;
    this.#hash = Buffer.from(header.before, "hex");
    this.#heads = heads.filter(({ number }) => number >= this.#number);
  }

  /** Number of the last link that was taken. */
  get last(): number {
    return this.#number;
  }

  /** Details that were removed with no event that says why. */
  get unexplained(): number {
    return this.#unexplained.size;
  }

  /** Before the first link. */
  begin(): Finding[] {
    const genesis = hashBeforeFirst(this.#workspace);
    if (this.#number > 0) return this.#checkHeads(undefined);
    if (this.#hash.equals(genesis)) return [];
    const message = "the chain does not begin where this workspace's does";
    return [{ what: "altered", number: null, eventId: null, at: null, message }];
  }

  take(link: ExportLink): Finding[] {
    const before = this.#suspect ? this.#resolve(this.#suspect, link) : [];
    const expected = this.#number + 1;
    const follows =
      link.number === expected &&
      link.event !== null &&
      linkHash(this.#hash, expected, link.event).toString("hex") === link.hash;
    if (!follows) {
      this.#suspect = { link, before: this.#hash, expected };
      return before;
    }
    this.#number = expected;
    this.#hash = Buffer.from(link.hash, "hex");
    return [...before, ...this.#checkEvent(link), ...this.#checkHeads(link)];
  }

  /** After the last link. */
  end(): Finding[] {
    const found = this.#suspect ? this.#resolve(this.#suspect, undefined) : [];
    const head = this.#heads.at(-1);
    if (!head || head.number <= this.#number) return found;
    const message = `the chain ends at ${this.#number}, ${head.from} head ${head.number}`;
    const cut: Finding = { what: "cut", number: this.#number, eventId: null, at: this.to, message };
    return [...found, cut];
  }

  #resolve(suspect: Suspect, next: ExportLink | undefined): Finding[] {
    this.#suspect = undefined;
    const found = classify(suspect, next);
    const { link } = suspect;
    if (link.number > this.#number) {
      this.#number = link.number;
      this.#hash = Buffer.from(link.hash, "hex");
    }
    const heads = this.#checkHeads(link);
    return this.#isRepeat(found, link) ? heads : [found, ...heads];
  }

  /** Whatever was renumbered shows again at each link; an alteration is one of its own. */
  #isRepeat({ what }: Finding, { number }: ExportLink): boolean {
    const latest = this.#latest;
    this.#latest = { what, number };
    if (what === "altered" || latest?.what !== what) return false;
    return Math.abs(number - latest.number) <= 1;
  }

  #checkEvent(link: ExportLink): Finding[] {
    const body = readBody(link);
    if (!body) return [findingAt(link, "altered", "its body is no audit event")];
    if (body.id !== link.id || body.workspace !== this.#workspace) {
      return [findingAt(link, "altered", "its body names another event or workspace")];
    }
    this.links++;
    this.from ??= body.at;
    this.to = body.at;
    return this.#checkDetail(link, body);
  }

  #checkDetail(link: ExportLink, body: EventBody): Finding[] {
    const { detail, salt = "" } = link;
    if (body.kind === "audit.detail-erased" && body.object) {
      this.#unexplained.delete(body.object.replace(/^event:/, ""));
    }
    if (detail === undefined) {
      this.erased++;
      this.#unexplained.add(link.id);
      return [];
    }
    if (detailDigest(salt, detail) === body.detail) return [];
    return [findingAt(link, "detail altered", "its detail is not what was recorded")];
  }

  /** The chain must pass through every head that anybody has kept; the first that it misses counts. */
  #checkHeads(link: ExportLink | undefined): Finding[] {
    const found: Finding[] = [];
    for (let [head] = this.#heads; head && head.number <= this.#number; [head] = this.#heads) {
      this.#heads.shift();
      const isHere = head.number === this.#number && head.hash === this.#hash.toString("hex");
      if (isHere) this.#passed = this.#number;
      else if (!this.#isRewritten) {
        this.#isRewritten = true;
        found.push(this.#rewritten(head, link));
      }
    }
    return found;
  }

  #rewritten(head: KnownHead, link: ExportLink | undefined): Finding {
    const since = this.#passed > 0 ? `after ${this.#passed}, which still holds, and ` : "";
    const message = `the chain was rewritten ${since}no later than here: ${head.from} another head ${head.number}`;
    const body = link && readBody(link);
    const eventId = link?.id ?? null;
    return { what: "rewritten", number: head.number, eventId, at: body?.at ?? null, message };
  }
}
