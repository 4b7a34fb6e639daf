import type { Principal } from "../access/principal.ts";
import { couldAllow, type Decision, decide } from "../rules/decide.ts";
import type { Facts } from "../rules/facts.ts";
import { mentionsRelayTag } from "../rules/relay-tags.ts";
import type { Message } from "./message.ts";
import type { ParsedWords } from "./parsed-words.ts";
import { nameOf, type Target } from "./resolve.ts";
import type { View } from "./view.ts";

/** A decision, and what is needed to make it again for each relay. */
export interface Verdict {
  decision: Decision;
  facts: Facts;
  /** Whether it hangs on the relay's tags. */
  isPerRelay: boolean;
}

/**
 * Where it is decided: the one decision point, denied by default. Everything that shows, offers
 * or runs a command asks here.
 */
export function authorize(
  view: View,
  caller: Principal,
  message: Pick<Message, "channel" | "adapter">,
  target: Target,
  parsed: ParsedWords,
  now: Date,
): Verdict {
  const { options, abbreviations, arguments: words } = parsed;
  const facts: Facts = {
    ...factsOf(view, caller, message, now),
    command: nameOf(target),
    options,
    ...(abbreviations && { abbreviations }),
    arguments: words,
  };
  const isPerRelay = mentionsRelayTag(target.command.rules);
  const decision = decide(target.command.rules, facts);
  return { decision, facts, isPerRelay };
}

/** Whether a command is worth showing to this caller, before any argument is known. */
export function isVisibleTo(
  view: View,
  caller: Principal,
  message: Pick<Message, "channel" | "adapter">,
  now: Date,
): (target: Target) => boolean {
  const facts = factsOf(view, caller, message, now);
  return (target) =>
    couldAllow(target.command.rules, {
      ...facts,
      command: nameOf(target),
      options: null,
      arguments: null,
    });
}

function factsOf(
  view: View,
  caller: Principal,
  { channel, adapter }: Pick<Message, "channel" | "adapter">,
  now: Date,
): Omit<Facts, "command" | "options" | "arguments"> {
  return {
    user: caller.name,
    groups: caller.groups,
    roles: caller.roles,
    permissions: caller.permissions,
    channel: { id: channel },
    adapter,
    now,
    timeZone: view.timeZone,
    relayTags: null,
  };
}
