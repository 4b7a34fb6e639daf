import assert from "node:assert/strict";
import type { Condition, Rule } from "../../../../bot/rules/syntax.ts";

/** What both comparisons count; none of it may be rare. */
export const COUNTED = {
  operator: ["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or", "not"],
  effect: ["allow", "forbid", "must-have"],
  decision: ["allowed", "denied"],
} as const;

export interface Share {
  kind: string;
  name: string;
  count: number;
  percent: number;
}

/** How often things of several kinds occurred; what is named from the start is never left out. */
export class Frequencies {
  readonly #kinds: Map<string, Map<string, number>>;

  constructor(expected: Readonly<Record<string, readonly string[]>>) {
    const kinds = Object.entries(expected);
    this.#kinds = new Map(
      kinds.map(([kind, names]) => [kind, new Map(names.map((name) => [name, 0]))]),
    );
  }

  count(kind: string, ...names: readonly string[]): void {
    const counts = this.#kinds.get(kind) ?? new Map<string, number>();
    for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
    this.#kinds.set(kind, counts);
  }

  /** A decision, and every operator and effect of its rules, as often as it is written. */
  countDecision(rules: readonly Rule[], allowed: boolean): void {
    this.count("decision", allowed ? "allowed" : "denied");
    for (const { condition, effect } of rules) {
      this.count("effect", effect.kind);
      if (condition) this.count("operator", ...operatorsIn(condition));
    }
  }

  /** In per cent of what is of the same kind. */
  shares(): Share[] {
    return [...this.#kinds].flatMap(([kind, counts]) => {
      const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
      return [...counts].map(([name, count]) => ({
        kind,
        name,
        count,
        percent: all === 0 ? 0 : (100 * count) / all,
      }));
    });
  }
}

export function tableOf(title: string, shares: readonly Share[]): string {
  const rows = shares.map(({ kind, name, count, percent }) => {
    const share = `${percent.toFixed(1)} %`;
    return `${kind.padEnd(12)}${name.padEnd(30)}${String(count).padStart(10)}${share.padStart(10)}`;
  });
  return [title, ...rows].join("\n");
}

/** With fewer pairs than these, chance alone makes something rare. */
const ENOUGH = 5_000;
const LEAST_PERCENT = 5;

export function assertNothingIsRare(
  shares: readonly Share[],
  pairs: { tried: number; wanted: number },
): void {
  if (pairs.wanted < ENOUGH) return;
  assert.ok(pairs.tried >= pairs.wanted, `only ${pairs.tried} pairs were tried`);
  const rare = shares.filter(({ percent }) => percent < LEAST_PERCENT);
  assert.deepEqual(
    rare,
    [],
    `less than ${LEAST_PERCENT} %: the comparison says little about these`,
  );
}

/** For what is tolerated, within bounds. */
export function assertNotCommon(
  shares: readonly Share[],
  mostPercent: Readonly<Record<string, number>>,
  pairs: { wanted: number },
): void {
  if (pairs.wanted < ENOUGH) return;
  const common = shares.filter(({ name, percent }) => percent > (mostPercent[name] ?? 100));
  assert.deepEqual(common, [], "more often than is tolerated");
}

function operatorsIn(condition: Condition): string[] {
  switch (condition.kind) {
    case "comparison":
      return [condition.operator];
    case "not":
      return ["not", ...operatorsIn(condition.condition)];
    default:
      return [condition.kind, ...condition.parts.flatMap(operatorsIn)];
  }
}
