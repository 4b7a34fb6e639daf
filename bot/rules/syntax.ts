import { oneLine } from "./one-line.ts";

/** A parsed rule. `at` is an offset in the text the rule was read from. */
export interface Rule {
  /** The command it is about, as `bundle:command`. */
  command: string;
  condition?: Condition;
  effect: Effect;
  /** The rule as it was written. */
  text: string;
}

export type Condition =
  | { kind: "and" | "or"; parts: readonly Condition[] }
  | { kind: "not"; condition: Condition }
  | Comparison;

export interface Comparison {
  kind: "comparison";
  quantifier?: "any" | "all";
  left: Term;
  operator: Operator;
  right: Term;
  at: number;
}

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export type Term =
  | { kind: "option"; name: string; at: number }
  | { kind: "argument"; index: number; at: number }
  | { kind: Subject; at: number }
  | { kind: "relay-tag"; name: string; at: number }
  | { kind: "list"; items: readonly Literal[]; at: number }
  | Literal;

/** Terms that are a single word. */
export type Subject =
  | "options"
  | "arguments"
  | "user"
  | "group"
  | "role"
  | "channel"
  | "adapter"
  | "hour"
  | "weekday";

/** Numbers and booleans keep their text: it is compared exactly, however long it is. */
export type Literal = { kind: "string" | "number" | "boolean"; text: string; at: number } | Pattern;

export interface Pattern {
  kind: "pattern";
  source: string;
  /** Whether it is found anywhere in the text; takes time linear in its length. */
  isIn(text: string): boolean;
  /** Of its program, in instructions. */
  size: number;
  at: number;
}

export type Effect =
  | { kind: "allow" }
  | { kind: "forbid"; because?: string }
  | { kind: "must-have"; requirement: Requirement };

export type Requirement =
  | { kind: "permission"; name: string; at: number }
  | { kind: "and" | "or"; parts: readonly Requirement[] }
  | { kind: "any-in" | "all-in"; permissions: readonly { name: string; at: number }[] };

/** What is wrong with a rule and where, counted from 1 in the rule's own text. */
export interface RuleProblem {
  message: string;
  line: number;
  column: number;
}

/** Turns an offset into a line and a column, both counted from 1. */
export function problemAt(text: string, at: number, message: string): RuleProblem {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { message: oneLine(message), line: before.split("\n").length, column: at - lineStart + 1 };
}

export const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;
export const NAME = /^[a-z][a-z0-9_-]*$/;
