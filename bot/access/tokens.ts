import { createHash, randomBytes } from "node:crypto";
import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Database, Store } from "../store/pool.ts";
import { apiTokens, tokenLookup } from "../store/schema.ts";

/** Starts every API token, so that a scanner recognises one that was leaked. */
const PREFIX = "aldis_";

/** A new token for this user; only its hash is kept. */
export function issueToken(
  store: Store,
  workspaceId: string,
  userId: string,
  name: string,
): Promise<string> {
  return store.inWorkspace(workspaceId, (db) => insertToken(db, workspaceId, userId, name));
}

export async function insertToken(
  db: Database,
  workspaceId: string,
  userId: string,
  name: string,
): Promise<string> {
  const token = PREFIX + randomBytes(32).toString("base64url");
  const hash = hashToken(token);
  await db.insert(tokenLookup).values({ hash, workspaceId });
  await db.insert(apiTokens).values({ workspaceId, hash, userId, name });
  return token;
}

export interface TokenHolder {
  workspaceId: string;
  userId: string;
}

/** Whose token this is; undefined for one that is unknown or has expired. */
export async function findToken(store: Store, token: string): Promise<TokenHolder | undefined> {
  const hash = hashToken(token);
  const { rows } = await store.pool.query<{ workspace_id: string }>({
    name: "find_token",
    text: "select workspace_id from token_lookup where hash = $1",
    values: [hash],
  });
  const workspaceId = rows[0]?.workspace_id;
  if (workspaceId === undefined) return undefined;
  return store.inWorkspace(workspaceId, async (db) => {
    const [found] = await db
      .select({ userId: apiTokens.userId })
      .from(apiTokens)
      .where(
        and(
          eq(apiTokens.hash, hash),
          or(isNull(apiTokens.expiresAt), gt(apiTokens.expiresAt, sql`now()`)),
        ),
      );
    return found && { workspaceId, userId: found.userId };
  });
}

export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
