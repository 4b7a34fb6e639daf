/** How a text can be meant for the bot. */
export interface AddressForms {
  /** As `!`; empty if there is none. */
  prefix: string;
  /** Ways in which the bot is mentioned, as `@aldis` or `/aldis`. */
  mentions: readonly string[];
  /** Whether everything said here is said to the bot. */
  isDirect: boolean;
}

export type Address =
  /** Not meant for the bot. */
  | { kind: "none" }
  /** The bot is spoken to, and no command is named. */
  | { kind: "empty" }
  /** The bot is spoken to, and the first word cannot be a command's name. */
  | { kind: "malformed"; word: string; position: number }
  | NamedCommand;

export interface NamedCommand {
  kind: "command";
  /** Left out in a short name. */
  bundle?: string;
  command: string;
  /** Offset of what follows the name. */
  rest: number;
  /** Whether it is certainly this bot that is meant: other bots use the same prefixes. */
  isCertain: boolean;
}

const SPACES = /\p{White_Space}*/uy;
const WORD = /[^\p{White_Space}]*/uy;
const COMMAND = /^(?:([a-z][a-z0-9_-]*):)?([a-z][a-z0-9_-]*)$/;

/** Decides whether a text is meant for the bot, and splits off the name of the command. */
export function addressOf(text: string, forms: AddressForms): Address {
  const start = match(SPACES, text, 0);
  const mention = mentionAt(text, start, forms.mentions);
  const isAddressed = mention > 0 || forms.isDirect;
  let at = mention > 0 ? match(SPACES, text, mention) : start;
  const hasPrefix = forms.prefix !== "" && text.startsWith(forms.prefix, at);
  if (!hasPrefix && !isAddressed) return { kind: "none" };
  if (hasPrefix) at += forms.prefix.length;

  const end = match(WORD, text, at);
  if (end === at) return isAddressed ? { kind: "empty" } : { kind: "none" };
  const word = text.slice(at, end);
  // Phones write the first letter large, and names have no large letters.
  const [, bundle, command] = COMMAND.exec(word.toLowerCase()) ?? [];
  if (command === undefined) {
    return isAddressed ? { kind: "malformed", word, position: at } : { kind: "none" };
  }
  const isCertain = isAddressed || bundle !== undefined;
  return {
    kind: "command",
    ...(bundle !== undefined && { bundle }),
    command,
    rest: end,
    isCertain,
  };
}

/** The end of a mention that stands here, or 0; a colon or comma may follow it. */
function mentionAt(text: string, start: number, mentions: readonly string[]): number {
  const said = text.slice(start).toLowerCase();
  for (const mention of mentions) {
    if (mention === "" || !said.startsWith(mention.toLowerCase())) continue;
    const rest = text.slice(start + mention.length);
    const [separator] = /^[:,]?(?=\p{White_Space}|$)/u.exec(rest) ?? [];
    if (separator !== undefined) return start + mention.length + separator.length;
  }
  return 0;
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}
