import type { Condition, Rule, Term } from "./syntax.ts";

/** Whether a decision by these rules can come out differently for different relays. */
export function mentionsRelayTag(rules: readonly Rule[]): boolean {
  return relayTagsIn(rules).length > 0;
}

/** The names of the relay's tags that these rules ask for, once each. */
export function relayTagsIn(rules: readonly Rule[]): string[] {
  const names = rules.flatMap(({ condition }) => (condition ? namesIn(condition) : []));
  return [...new Set(names)];
}

function namesIn(condition: Condition): string[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.parts.flatMap(namesIn);
    case "not":
      return namesIn(condition.condition);
    case "comparison":
      return [condition.left, condition.right].flatMap(nameOf);
  }
}

function nameOf(term: Term): string[] {
  return term.kind === "relay-tag" ? [term.name] : [];
}
