import { z } from "zod";
import type { ExecutionRow } from "../dispatch/executions.ts";
import { decide } from "../rules/decide.ts";
import type { Facts, OptionFacts } from "../rules/facts.ts";
import { parseRule } from "../rules/parse.ts";
import { printRule } from "../rules/print.ts";
import type { Rule } from "../rules/syntax.ts";

/** The decision, made again with one relay's tags. */
export function mayRunOn(
  rules: readonly Rule[],
  facts: Facts,
): (tags: Readonly<Record<string, string>>) => boolean {
  return (relayTags) => decide(rules, { ...facts, relayTags }).allowed;
}

/**
 * The same for an execution that has waited in the database: by the very rules that it was decided
 * under, whatever bundles and operators say by now. Where these cannot be read, no relay may.
 */
export async function decideOnRelay(
  row: Pick<ExecutionRow, "facts">,
): Promise<(tags: Readonly<Record<string, string>>) => boolean> {
  if (row.facts === null) return () => true;
  const { rules, ...facts } = StoredFacts.parse(row.facts);
  const parsed = rules.flatMap((text) => {
    const read = parseRule(text, facts.command);
    return read.ok ? [read.rule] : [];
  });
  if (parsed.length < rules.length) return () => false;
  return mayRunOn(parsed, { ...facts, relayTags: null });
}

const StoredFacts = z.object({
  command: z.string(),
  /** In another form, as an earlier version wrote it: nothing is known of them. */
  options: z
    .array(z.tuple([z.string(), z.array(z.string()).nullable()]))
    .transform((pairs): OptionFacts => Object.fromEntries(pairs))
    .nullable()
    .catch(null),
  abbreviations: z.array(z.string()).optional(),
  arguments: z.array(z.string().nullable()).nullable(),
  user: z.string(),
  groups: z.array(z.string()),
  roles: z.array(z.string()),
  permissions: z.array(z.string()).transform((names) => new Set(names)),
  channel: z.object({ id: z.string(), name: z.string().optional() }).optional(),
  adapter: z.string(),
  now: z.iso.datetime().transform((text) => new Date(text)),
  timeZone: z.string(),
  /** Absent in what an earlier version of the program wrote: without rules nothing is allowed. */
  rules: z.array(z.string()).default([]),
});

/** The facts and the command's rules as they lie in the database while an execution waits. */
export function storeFacts(rules: readonly Rule[], facts: Facts): unknown {
  const { permissions, now, relayTags: _, options, ...rest } = facts;
  return {
    ...rest,
    // Pairs, because not every reader of an object keeps a name like `__proto__`.
    options: options && Object.entries(options),
    permissions: [...permissions].sort(),
    now: now.toISOString(),
    rules: rules.map(printRule),
  };
}
