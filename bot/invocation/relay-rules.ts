import { z } from "zod";
import { findBundleSource } from "../bundles/installed.ts";
import { loadBundle } from "../bundles/load.ts";
import type { ExecutionRow } from "../dispatch/executions.ts";
import { decide } from "../rules/decide.ts";
import type { Facts } from "../rules/facts.ts";
import type { Condition, Rule } from "../rules/syntax.ts";
import type { Store } from "../store/pool.ts";

/** Whether a decision by these rules can come out differently for different relays. */
export function mentionsRelayTag(rules: readonly Rule[]): boolean {
  return rules.some(({ condition }) => condition !== undefined && mentions(condition));
}

function mentions(condition: Condition): boolean {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.parts.some(mentions);
    case "not":
      return mentions(condition.condition);
    case "comparison":
      return condition.left.kind === "relay-tag" || condition.right.kind === "relay-tag";
  }
}

/** The decision, made again with one relay's tags. */
export function mayRunOn(
  rules: readonly Rule[],
  facts: Facts,
): (tags: Readonly<Record<string, string>>) => boolean {
  return (relayTags) => decide(rules, { ...facts, relayTags }).allowed;
}

/**
 * The same for an execution that has waited in the database: by the rules of the bundle's version
 * that it was decided under.
 */
export async function decideOnRelay(
  store: Store,
  row: ExecutionRow,
): Promise<(tags: Readonly<Record<string, string>>) => boolean> {
  if (row.facts === null) return () => true;
  const { bundle, bundleVersion, bundleDigest, command } = row.spec;
  const source = await findBundleSource(store, row.workspaceId, bundle, bundleVersion);
  const loaded = source === undefined ? undefined : loadBundle(source, bundle);
  const found = loaded?.ok && loaded.bundle.digest === bundleDigest ? loaded.bundle : undefined;
  const rules = found?.commands[command]?.rules;
  return rules ? mayRunOn(rules, readFacts(row.facts)) : () => false;
}

const StoredFacts = z.object({
  command: z.string(),
  options: z.record(z.string(), z.array(z.string()).nullable()).nullable(),
  arguments: z.array(z.string().nullable()).nullable(),
  user: z.string(),
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  permissions: z.array(z.string()).transform((names) => new Set(names)),
  channel: z.object({ id: z.string(), name: z.string().optional() }).optional(),
  adapter: z.string(),
  now: z.iso.datetime().transform((text) => new Date(text)),
  timeZone: z.string(),
});

/** Facts as they lie in the database while an execution waits for its relay. */
export function storeFacts(facts: Facts): unknown {
  const { permissions, now, relayTags: _, ...rest } = facts;
  return { ...rest, permissions: [...permissions].sort(), now: now.toISOString() };
}

/** Throws when they are not what {@link storeFacts} wrote. */
export function readFacts(stored: unknown): Facts {
  return { ...StoredFacts.parse(stored), relayTags: null };
}
