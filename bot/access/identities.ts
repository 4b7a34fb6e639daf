import { and, eq } from "drizzle-orm";
import type { Database, Store } from "../store/pool.ts";
import { identities, users } from "../store/schema.ts";
import { type Actor, changeNamed, recorded } from "./change.ts";
import { heldBy, refuseGiving, refuseTaking } from "./holdings.ts";
import { asItWas, type Outcome, refused } from "./outcome.ts";
import type { IdentityKey } from "./principal.ts";

/** Whoever uses this account is this user from now on; an account is nobody else's. */
export function linkIdentity(
  store: Store,
  workspaceId: string,
  name: string,
  identity: IdentityKey,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeNamed(store, workspaceId, { kind: "user", name }, actor, async (change, user) => {
    const { id: userId } = user;
    const owner = await findOwner(change.db, identity);
    if (owner?.id === userId) return asItWas(undefined);
    if (owner) {
      const line = `${printIdentity(identity)} is linked to ${owner.name}; unlink it first`;
      return refused("conflict", line);
    }
    const refusal = refuseGiving(change.held, await heldBy(change.db, { userId }));
    if (refusal) return refusal;
    await change.db.insert(identities).values({ workspaceId, userId, ...identity });
    const event = { object: `user:${name}`, before: null, after: identity };
    return recorded(change, { kind: "identity.linked", ...event }, undefined);
  });
}

export function unlinkIdentity(
  store: Store,
  workspaceId: string,
  name: string,
  identity: IdentityKey,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeNamed(store, workspaceId, { kind: "user", name }, actor, async (change, user) => {
    const { id: userId } = user;
    const owner = await findOwner(change.db, identity);
    if (owner?.id !== userId) {
      return refused("not-found", `${name} has no ${printIdentity(identity)}`);
    }
    const refusal = refuseTaking(change.held, (await heldBy(change.db, { userId })).keys());
    if (refusal) return refusal;
    await change.db.delete(identities).where(isIdentity(identity));
    const event = { object: `user:${name}`, before: identity, after: null };
    return recorded(change, { kind: "identity.unlinked", ...event }, undefined);
  });
}

async function findOwner(db: Database, identity: IdentityKey) {
  const [owner] = await db
    .select({ id: users.id, name: users.name })
    .from(identities)
    .innerJoin(users, eq(users.id, identities.userId))
    .where(isIdentity(identity));
  return owner;
}

function isIdentity({ adapter, installation, providerUser }: IdentityKey) {
  return and(
    eq(identities.adapter, adapter),
    eq(identities.installation, installation),
    eq(identities.providerUser, providerUser),
  );
}

function printIdentity({ adapter, installation, providerUser }: IdentityKey): string {
  return `${adapter} account ${providerUser} of ${installation}`;
}
