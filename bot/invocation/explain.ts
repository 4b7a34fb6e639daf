import { printAnswer } from "../replies/plain-text.ts";
import { permissionsIn } from "../rules/requirement.ts";
import type { Rule } from "../rules/syntax.ts";
import { isVisibleTo } from "./authorize.ts";
import type { Message } from "./message.ts";
import { nameOf, type Target } from "./resolve.ts";
import { type Trial, tryRules } from "./try-rules.ts";
import { understand } from "./understand.ts";
import type { View } from "./view.ts";

/** What would become of a line, and why. */
export interface Explanation {
  decision: "allow" | "deny" | "unknown" | "ambiguous" | "malformed" | "late";
  /** As the caller would be told; absent where it is allowed. */
  answer?: string;
  /** As typed, with the values of secret options masked. */
  text: string;
  /** Absent where the line names no command. */
  target?: Target;
  /** Absent where nothing was decided: the line cannot be read, or nobody knows its caller. */
  trial?: Trial;
  /** Every permission that rules about the command ask for. */
  permissions: readonly string[];
  /** Whether the caller could run the command at all, and so is shown that it is there. */
  isVisible: boolean;
}

/**
 * Explains what the very same code does that an invocation goes through. Without a relay's tags a
 * decision that hangs on them is left open, and the trial names them.
 */
export function explain(
  view: View,
  message: Message,
  relayTags: Readonly<Record<string, string>> | null,
  now: Date,
): Explanation {
  const understood = understand(view, message, now);
  if (understood.kind === "ignored") throw new TypeError("a direct message was not taken as one");
  const { target, verdict, text } = understood.kind === "refused" ? understood : understood.request;
  const refusal = understood.kind === "refused" ? understood : undefined;
  const said = refusal && { answer: printAnswer(refusal.answer) };
  const { caller } = view;
  const isVisible = target && caller && isVisibleTo(view, caller, message, now)(target);
  const about = { text, ...(target && { target }), isVisible: isVisible ?? false };
  if (!target || !verdict) {
    return { ...about, ...said, decision: refusal?.decision ?? "deny", permissions: [] };
  }
  const trial = tryRules(target.command.rules, { ...verdict.facts, relayTags });
  const permissions = askedFor(target.command.rules);
  if (!refusal && trial.decision.allowed) {
    return { ...about, decision: "allow", trial, permissions };
  }
  const answer = `${nameOf(target)}: denied, ${messageOf(trial)}`;
  return { ...about, answer, ...said, decision: "deny", trial, permissions };
}

function messageOf({ decision }: Trial): string {
  return decision.allowed ? "" : decision.message;
}

/** Every permission that these rules ask for, once each, by name. */
export function askedFor(rules: readonly Rule[]): string[] {
  const names = rules.flatMap(({ effect }) =>
    effect.kind === "must-have" ? permissionsIn(effect.requirement).map(({ name }) => name) : [],
  );
  return [...new Set(names)].sort();
}
