import { openAuditHead } from "../../relay/wire/audit-head.ts";
import { readVerifyingKey, type SigningKey, type VerifyingKey } from "../../relay/wire/keys.ts";
import type { Store } from "../store/pool.ts";
import { trustedKeys } from "./known-heads.ts";
import type { Linked } from "./link-events.ts";

/** A head that a bot has signed, opened. */
export interface SignedHead {
  number: number;
  hash: string;
  jws: string;
}

export interface HeadReader {
  /** The head as stored, if a bot has signed it for this workspace; whatever its columns say. */
  open(workspaceId: string, jws: string): Promise<SignedHead | undefined>;
}

/** Opens stored heads by this bot's key and those that the authority has listed. */
export function createHeadReader(store: Store, own: SigningKey, authority: string): HeadReader {
  let keys: ReadonlyMap<string, VerifyingKey> = new Map([
    [own.kid, readVerifyingKey(own.publicJwk)],
  ]);

  async function learnKeys(): Promise<void> {
    const { rows } = await store.pool.query<{ jws: string }>(
      "select jws from key_lists order by number",
    );
    const listed = await trustedKeys(
      rows.map(({ jws }) => jws),
      authority,
    );
    keys = new Map([...keys, ...listed.keys]);
  }

  return {
    async open(workspaceId, jws) {
      let opened = await openAuditHead(jws, keys);
      if (!opened.ok && opened.failure === "unknown-key") {
        await learnKeys();
        opened = await openAuditHead(jws, keys);
      }
      if (!opened.ok || opened.head.workspace !== workspaceId) return undefined;
      return { number: opened.head.number, hash: opened.head.hash, jws };
    },
  };
}

/** Whether the columns beside the stored head say what it says. */
export function isSound(linked: Linked, stored: SignedHead | undefined): boolean {
  return stored?.number === linked.signedNumber && stored.hash === linked.signedHash;
}
