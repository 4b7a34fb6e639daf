import { and, eq } from "drizzle-orm";
import { uuidv7 } from "../../relay/wire/ids.ts";
import type { Database, Store } from "../store/pool.ts";
import { operatorRules, users } from "../store/schema.ts";
import { type Actor, changeAccess, recorded } from "./change.ts";
import { asItWas, type Outcome, refused } from "./outcome.ts";
import { refuseUndeclared } from "./site-permissions.ts";

/** A rule of the workspace's own about a bundle's command, beside those of the bundle. */
export interface OperatorRule {
  id: string;
  bundle: string;
  command: string;
  /** In its canonical form. */
  rule: string;
}

export interface NewOperatorRule extends Omit<OperatorRule, "id"> {
  /** Every permission that it names. */
  asksFor: readonly string[];
}

export interface OperatorRuleItem extends OperatorRule {
  createdBy: string | null;
  createdAt: Date;
}

/**
 * Keeps a rule that has been checked, while the workspace's own permissions that it asks for are
 * still there; the very same rule again changes nothing.
 */
export function addOperatorRule(
  store: Store,
  workspaceId: string,
  { bundle, command, rule, asksFor }: NewOperatorRule,
  actor: Actor,
): Promise<Outcome<OperatorRule>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const refusal = await refuseUndeclared(change.db, asksFor);
    if (refusal) return refusal;
    const [there] = await change.db
      .select({ id: operatorRules.id })
      .from(operatorRules)
      .where(
        and(
          eq(operatorRules.bundle, bundle),
          eq(operatorRules.command, command),
          eq(operatorRules.rule, rule),
        ),
      );
    if (there) return asItWas({ ...there, bundle, command, rule });
    const added = { id: uuidv7(), bundle, command, rule };
    await change.db
      .insert(operatorRules)
      .values({ ...added, workspaceId, createdBy: actor.userId });
    const object = `rule:${bundle}:${command}`;
    return recorded(change, { kind: "rule.added", object, before: null, after: added }, added);
  });
}

export function removeOperatorRule(
  store: Store,
  workspaceId: string,
  id: string,
  actor: Actor,
): Promise<Outcome<void>> {
  return changeAccess(store, workspaceId, actor, async (change) => {
    const [gone] = await change.db.delete(operatorRules).where(eq(operatorRules.id, id)).returning({
      id: operatorRules.id,
      bundle: operatorRules.bundle,
      command: operatorRules.command,
      rule: operatorRules.rule,
    });
    if (!gone) {
      return refused("not-found", `there is no rule ${id}; aldis rules list shows those there are`);
    }
    const object = `rule:${gone.bundle}:${gone.command}`;
    return recorded(change, { kind: "rule.removed", object, before: gone, after: null }, undefined);
  });
}

export function listOperatorRules(store: Store, workspaceId: string): Promise<OperatorRuleItem[]> {
  return store.inWorkspace(workspaceId, (db) =>
    db
      .select({
        id: operatorRules.id,
        bundle: operatorRules.bundle,
        command: operatorRules.command,
        rule: operatorRules.rule,
        createdBy: users.name,
        createdAt: operatorRules.createdAt,
      })
      .from(operatorRules)
      .leftJoin(users, eq(users.id, operatorRules.createdBy))
      .orderBy(operatorRules.bundle, operatorRules.command, operatorRules.id),
  );
}

/** As a decision needs them. */
export function readOperatorRules(db: Database): Promise<OperatorRule[]> {
  return db
    .select({
      id: operatorRules.id,
      bundle: operatorRules.bundle,
      command: operatorRules.command,
      rule: operatorRules.rule,
    })
    .from(operatorRules)
    .orderBy(operatorRules.id);
}
