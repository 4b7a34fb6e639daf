import { detailDigest, hashBeforeFirst, linkHash } from "./chain-hash.ts";
import type { EventBody, ExportHeader, ExportLink } from "./export-format.ts";
import { classify, type Finding, findingAt, readBody, type Suspect } from "./findings.ts";
import type { KnownHead } from "./known-heads.ts";

/** Goes along the chain link by link and remembers no more than where it stands. */
export class ChainWalk {
  readonly #workspace: string;
  readonly #heads: KnownHead[];
  #number: number;
  #hash: Buffer;
  #suspect: Suspect | undefined;
  /** The last head that the chain did pass through. */
  #passed = 0;
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
  begin(): Finding | undefined {
    const genesis = hashBeforeFirst(this.#workspace);
    if (this.#number > 0) return this.#checkHeads(undefined);
    if (this.#hash.equals(genesis)) return undefined;
    const message = "the chain does not begin where this workspace's does";
    return { what: "altered", number: null, eventId: null, at: null, message };
  }

  take(link: ExportLink): Finding | undefined {
    if (this.#suspect) return classify(this.#suspect, link);
    const expected = this.#number + 1;
    const follows =
      link.number === expected &&
      link.event !== null &&
      linkHash(this.#hash, expected, link.event).toString("hex") === link.hash;
    if (!follows) {
      this.#suspect = { link, before: this.#hash, expected };
      return undefined;
    }
    this.#number = expected;
    this.#hash = Buffer.from(link.hash, "hex");
    return this.#checkEvent(link) ?? this.#checkHeads(link);
  }

  /** After the last link. */
  end(): Finding | undefined {
    if (this.#suspect) return classify(this.#suspect);
    const head = this.#heads.at(-1);
    if (!head) return undefined;
    const message = `the chain ends at ${this.#number}, ${head.from} head ${head.number}`;
    return { what: "cut", number: this.#number, eventId: null, at: this.to, message };
  }

  #checkEvent(link: ExportLink): Finding | undefined {
    const body = readBody(link);
    if (!body) return findingAt(link, "altered", "its body is no audit event");
    if (body.id !== link.id || body.workspace !== this.#workspace) {
      return findingAt(link, "altered", "its body names another event or workspace");
    }
    this.links++;
    this.from ??= body.at;
    this.to = body.at;
    return this.#checkDetail(link, body);
  }

  #checkDetail(link: ExportLink, body: EventBody): Finding | undefined {
    const { detail, salt = "" } = link;
    if (body.kind === "audit.detail-erased" && body.object) {
      this.#unexplained.delete(body.object.replace(/^event:/, ""));
    }
    if (detail === undefined) {
      this.erased++;
      this.#unexplained.add(link.id);
      return undefined;
    }
    if (detailDigest(salt, detail) === body.detail) return undefined;
    return findingAt(link, "detail altered", "its detail is not what was recorded");
  }

  /** The chain must pass through every head that anybody has kept. */
  #checkHeads(link: ExportLink | undefined): Finding | undefined {
    while (this.#heads[0]?.number === this.#number) {
      const [head] = this.#heads;
      this.#heads.shift();
      if (head && head.hash !== this.#hash.toString("hex")) return this.#rewritten(head, link);
      this.#passed = this.#number;
    }
    return undefined;
  }

  #rewritten(head: KnownHead, link: ExportLink | undefined): Finding {
    const since = this.#passed > 0 ? `after ${this.#passed}, which still holds, and ` : "";
    const message = `the chain was rewritten ${since}no later than here: ${head.from} another head ${head.number}`;
    const body = link && readBody(link);
    const eventId = link?.id ?? null;
    return { what: "rewritten", number: head.number, eventId, at: body?.at ?? null, message };
  }
}
