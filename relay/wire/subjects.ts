/**
 * Every subject on the bus. A relay publishes below `aldis.up.<id>.` and listens to
 * `aldis.down.<id>` and its own inbox, nothing more.
 *
 * ```
 * bot → relay   aldis.down.<relay>            offers (as requests), cancels, challenges, questions
 *                                             about images, key lists
 * relay → bot   aldis.up.<relay>.presence     every bot
 *               aldis.up.<relay>.claim        one bot of the queue group; answered with a permit
 *               aldis.up.<relay>.output       one bot of the queue group; answered with a receipt
 *               aldis.up.<relay>.output.<bot> the bot that owns the reply; answered with a receipt
 *               aldis.up.<relay>.result       one bot of the queue group; answered with a receipt
 *               aldis.up.<relay>.rotate       one bot of the queue group; new keys
 *               aldis.up.<relay>.reply.<bot>.<x>  the answer to one offer, challenge or question
 * newcomer      aldis.enrol                   one bot of the queue group
 * bot → bot     aldis.bots.relays             every bot: a relay has joined or was changed
 * ```
 */
export const BOTS_QUEUE = "bots";
export const ENROL = "aldis.enrol";
/** A bot has changed a relay: the others read them again. */
export const BOTS_RELAYS = "aldis.bots.relays";

export function downTo(relayId: string): string {
  return `aldis.down.${relayId}`;
}

export type UpKind = "presence" | "claim" | "output" | "result" | "rotate";

export function upFrom(relayId: string, kind: UpKind): string {
  return `aldis.up.${relayId}.${kind}`;
}

export function upFromAnyRelay(kind: UpKind): string {
  return `aldis.up.*.${kind}`;
}

export function outputFor(relayId: string, botId: string): string {
  return `aldis.up.${relayId}.output.${botId}`;
}

export function outputForBot(botId: string): string {
  return `aldis.up.*.output.${botId}`;
}

/** Where this relay may answer; below it, the bot that asked chooses a name of its own. */
export function repliesOf(relayId: string): string {
  return `aldis.up.${relayId}.reply.`;
}

export function replyFrom(relayId: string, botId: string, name: string): string {
  return `${repliesOf(relayId)}${botId}.${name}`;
}

/** Every answer to one bot, from whichever relay. */
export function repliesTo(botId: string): string {
  return `aldis.up.*.reply.${botId}.*`;
}

export function inboxOf(relayId: string): string {
  return `_INBOX.${relayId}`;
}

/** The relay that a subject below `aldis.up.` names, undefined for any other subject. */
export function relayOf(subject: string): string | undefined {
  const [aldis, up, relayId] = subject.split(".");
  return aldis === "aldis" && up === "up" ? relayId : undefined;
}
