import type { Principal } from "../access/principal.ts";
import { type Answer, refuse } from "../replies/answer.ts";
import { couldAllow } from "../rules/decide.ts";
import { oneLine } from "../rules/one-line.ts";
import { addressOf, type NamedCommand } from "./address.ts";
import { authorize, isVisibleTo, type Verdict } from "./authorize.ts";
import { maskMalformed, maskRest, maskSecrets } from "./mask-secrets.ts";
import type { Message } from "./message.ts";
import { parseWords } from "./parse.ts";
import type { ParsedWords } from "./parsed-words.ts";
import type { InvocationProblem } from "./problem.ts";
import { nameOf, type Resolved, resolve, type Target } from "./resolve.ts";
import { tokenize } from "./tokenize.ts";
import type { View } from "./view.ts";
import { whomToAsk } from "./whom-to-ask.ts";

/** What a message comes to: parsed, resolved and decided, with nothing done yet. Pure. */
export type Understood =
  /** Not said to the bot. */
  { kind: "ignored" } | Refusal | { kind: "allowed"; request: Request };

export interface Refusal {
  kind: "refused";
  decision: "deny" | "unknown" | "ambiguous" | "malformed" | "late";
  answer: Answer;
  /** As typed, with the values of secret options masked. */
  text: string;
  target?: Target;
  /** Why, with the rules that matched: for the audit, not for the caller. */
  verdict?: Verdict;
}

/** Something that may run. */
export interface Request {
  text: string;
  target: Target;
  caller: Principal;
  parsed: ParsedWords;
  verdict: Verdict;
}

/** A chat event that reaches the bot later than this is answered, not run. */
const LATE_AFTER_MS = 60_000;

export function understand(view: View, message: Message, now: Date): Understood {
  const { prefix } = view;
  const address = addressOf(message.text, { prefix, ...message });
  if (address.kind === "none") return { kind: "ignored" };
  if (now.getTime() - message.saidAt.getTime() > LATE_AFTER_MS) {
    const answer = refuse("this arrived more than a minute late and was not run: type it again");
    return { kind: "refused", decision: "late", answer, text: maskAll(view, message.text) };
  }
  if (address.kind === "empty") {
    return refusal("malformed", maskAll(view, message.text), `try ${prefix}help`);
  }
  if (address.kind === "malformed") {
    // A word that may be an option may hold a secret.
    const word = maskRest(address.word, 0) === address.word ? `"${address.word}"` : "this";
    const line = `${word} is not the name of a command; try ${prefix}help`;
    return refusal("malformed", maskAll(view, message.text), line);
  }
  if (!view.caller) {
    if (!address.isCertain) return { kind: "ignored" };
    const line = "this account belongs to no active user: ask an administrator to add it to one";
    return refusal("deny", maskAll(view, message.text), line);
  }
  return understandCommand(view, view.caller, message, address, now);
}

function understandCommand(
  view: View,
  caller: Principal,
  message: Message,
  named: NamedCommand,
  now: Date,
): Understood {
  const resolved = resolve(view.bundles, named, isVisibleTo(view, caller, message, now));
  if (resolved.kind !== "target") return unresolved(view, message, named, resolved);
  const { target } = resolved;
  const text = maskSecrets(message.text, named.rest, target.command);

  const tokens = tokenize(message.text, named.rest);
  const read = tokens.ok
    ? parseWords(target.command, tokens.words, message.text.length)
    : { ok: false as const, problem: tokens.problem };
  if (!read.ok) {
    const hidden = maskMalformed(message.text, named.rest, target.command);
    return { ...malformed(view, target, hidden, read.problem), target };
  }

  const verdict = authorize(view, caller, message, target, read.parsed, now);
  // Only a relay's tags may still be missing; the decision is made again for each candidate.
  const isOpen = verdict.isPerRelay && couldAllow(target.command.rules, verdict.facts);
  if (!verdict.decision.allowed && !isOpen) {
    const whom = whomToAsk(verdict.decision, view.accessManagers, caller.name);
    const line = `${nameOf(target)}: denied, ${verdict.decision.message}${whom}`;
    return { ...refusal("deny", text, line), target, verdict };
  }
  if (read.parsed.secrets.length > 0) {
    const names = [...new Set(read.parsed.secrets.map(({ option }) => `--${option}`))].join(", ");
    const line = `${names} is secret, and secrets cannot be typed yet; nothing was run`;
    const hidden = maskMalformed(message.text, named.rest, target.command);
    return { ...refusal("deny", hidden, line), target, verdict };
  }
  return { kind: "allowed", request: { text, target, caller, parsed: read.parsed, verdict } };
}

function unresolved(
  view: View,
  message: Message,
  named: NamedCommand,
  resolved: Exclude<Resolved, { kind: "target" }>,
): Understood {
  const text = maskAll(view, message.text);
  if (resolved.kind === "ambiguous") {
    const names = resolved.names.map((name) => view.prefix + name).join(", ");
    return refusal("ambiguous", text, `several bundles have ${named.command}: say ${names}`);
  }
  // Other bots use the same prefix: a bare unknown word in a channel is not ours to answer.
  if (!named.isCertain && !message.isDirect) return { kind: "ignored" };
  const hint = resolved.suggestion
    ? `did you mean ${view.prefix}${resolved.suggestion}?`
    : `${view.prefix}help lists what you may run`;
  return refusal("unknown", text, `there is no command ${resolved.name}; ${hint}`);
}

function malformed(
  view: View,
  target: Target,
  text: string,
  { message }: InvocationProblem,
): Refusal {
  const usage = `${view.prefix}help ${nameOf(target)} shows how it is used`;
  return refusal("malformed", text, `${nameOf(target)}: ${oneLine(message)}; ${usage}`);
}

function refusal(decision: Refusal["decision"], text: string, line: string): Refusal {
  return { kind: "refused", decision, answer: refuse(line), text };
}

/** Masks by the options of every enabled bundle, where no command says which are secret. */
function maskAll(view: View, text: string): string {
  let masked = text;
  for (const { commands } of view.bundles.values()) {
    for (const command of Object.values(commands)) masked = maskMalformed(masked, 0, command);
  }
  return masked;
}
