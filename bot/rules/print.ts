import type { Condition, Effect, Literal, Requirement, Rule, Term } from "./syntax.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\\": "\\\\",
  '"': '\\"',
};

/** Writes a rule in its canonical form, which reads back as the same rule. */
export function printRule(rule: Rule): string {
  const condition = rule.condition ? ` with ${printCondition(rule.condition)}` : "";
  return `${rule.command}${condition} ${printEffect(rule.effect)}`;
}

export function printCondition(condition: Condition): string {
  if (condition.kind === "not") return `not ${printPart(condition.condition)}`;
  if (condition.kind !== "comparison") {
    return condition.parts.map(printPart).join(` ${condition.kind} `);
  }
  const { quantifier, left, operator, right } = condition;
  const comparison = `${printTerm(left)} ${operator} ${printTerm(right)}`;
  return quantifier ? `${quantifier} ${comparison}` : comparison;
}

export function printRequirement(requirement: Requirement): string {
  switch (requirement.kind) {
    case "permission":
      return requirement.name;
    case "any-in":
    case "all-in":
      return `${requirement.kind.replace("-", " ")} [${requirement.permissions.map((p) => p.name).join(", ")}]`;
    default:
      return requirement.parts.map(printRequirementPart).join(` ${requirement.kind} `);
  }
}

function printPart(condition: Condition): string {
  const text = printCondition(condition);
  return condition.kind === "and" || condition.kind === "or" ? `(${text})` : text;
}

function printRequirementPart(requirement: Requirement): string {
  const text = printRequirement(requirement);
  return requirement.kind === "and" || requirement.kind === "or" ? `(${text})` : text;
}

function printEffect(effect: Effect): string {
  if (effect.kind === "allow") return "allow";
  if (effect.kind === "must-have") return `must have ${printRequirement(effect.requirement)}`;
  return effect.because === undefined ? "forbid" : `forbid because ${quote(effect.because)}`;
}

export function printTerm(term: Term): string {
  switch (term.kind) {
    case "option":
      return `option[${quote(term.name)}]`;
    case "argument":
      return `arg[${term.index}]`;
    case "relay-tag":
      return `relay.tag[${quote(term.name)}]`;
    case "list":
      return `[${term.items.map(printLiteral).join(", ")}]`;
    case "options":
      return "option";
    case "arguments":
      return "arg";
    case "string":
    case "number":
    case "boolean":
    case "pattern":
      return printLiteral(term);
    default:
      return term.kind;
  }
}

function printLiteral(literal: Literal): string {
  if (literal.kind === "string") return quote(literal.text);
  if (literal.kind !== "pattern") return literal.text;
  return `/${literal.source.replaceAll("/", "\\/")}/`;
}

function quote(text: string): string {
  return `"${text.replace(/[\n\r\t\\"]/g, (character) => ESCAPES[character] ?? character)}"`;
}
