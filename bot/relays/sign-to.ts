import type { Clock } from "../../relay/process/clock.ts";
import { audienceOf, type BotClaims, type Kind, signAsBot } from "../../relay/wire/envelope.ts";
import type { SigningKey } from "../../relay/wire/keys.ts";

/** One life of one relay, and for how long what is said to it counts. */
export interface Recipient {
  relayId: string;
  epoch: string;
  ttlMs: number;
}

/** Signs what this bot says to one relay. */
export function signTo<T extends BotClaims>(
  bot: { key: SigningKey; botId: string; clock: Pick<Clock, "wallMs"> },
  { relayId, epoch, ttlMs }: Recipient,
  kind: Kind<T>,
  body: Omit<T, keyof BotClaims>,
): Promise<Uint8Array> {
  const aud = audienceOf(relayId, epoch);
  return signAsBot(bot.key, kind, { iss: bot.botId, aud, nowMs: bot.clock.wallMs(), ttlMs }, body);
}
