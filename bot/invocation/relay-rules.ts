import { z } from "zod";
import { decide } from "../rules/decide.ts";
import type { Facts } from "../rules/facts.ts";
import type { Condition, Rule } from "../rules/syntax.ts";

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
