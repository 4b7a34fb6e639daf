import type { Calls } from "./calls.ts";
import { channelsWithNews } from "./channels.ts";
import { firstIdAt, type GuildEvent, type MessageEvent, type ReadyEvent } from "./events.ts";
import { createHeard, readMissed } from "./missed.ts";

export interface CatchUpDeps {
  calls: Pick<Calls, "readHistory">;
  clock: { wallMs(): number };
  /** Takes a message as if the gateway had told of it; what was taken before is known to the record. */
  take(message: MessageEvent): void;
  attempt(act: () => Promise<void>): void;
}

/** Reads what was said while no session told of it. */
export interface CatchUp {
  /** Everything up to here was heard, by this bot or by the one that listened before. */
  heardUntil(timeMs: number): void;
  heard(message: MessageEvent): void;
  /** A new session: what came since is read again, in direct messages now, in guilds as they come. */
  begin(ready: ReadyEvent): void;
  guild(guild: GuildEvent): void;
}

/** Direct messages are in no guild: those that were used last are looked at. */
const MOST_DIRECT = 50;

export function createCatchUp({ calls, clock, take, attempt }: CatchUpDeps): CatchUp {
  const heard = createHeard();
  const directChannels = new Set<string>();
  const awaited = new Set<string>();
  let after: string | undefined;

  /** A history does not say which guild it is of. */
  async function readAgain(channel: string, guildId: string | undefined): Promise<void> {
    if (after === undefined) return;
    const place = guildId === undefined ? {} : { guild_id: guildId };
    for await (const message of readMissed(calls, channel, after)) take({ ...message, ...place });
  }

  function noteDirect(channel: string): void {
    directChannels.delete(channel);
    directChannels.add(channel);
    const [oldest] = directChannels;
    if (directChannels.size > MOST_DIRECT && oldest !== undefined) directChannels.delete(oldest);
  }

  return {
    heardUntil: (timeMs) => heard.note(firstIdAt(timeMs)),
    heard(message) {
      heard.note(message.id);
      if (message.guild_id === undefined) noteDirect(message.channel_id);
    },
    begin({ guilds }) {
      after = heard.missedAfter(clock.wallMs());
      if (after === undefined) heard.note(firstIdAt(clock.wallMs()));
      awaited.clear();
      for (const { id } of guilds) awaited.add(id);
      for (const channel of directChannels) attempt(() => readAgain(channel, undefined));
    },
    guild(guild) {
      // One that the bot has just been invited to has nothing that was missed.
      if (!awaited.delete(guild.id) || after === undefined) return;
      for (const channel of channelsWithNews(guild, after)) {
        attempt(() => readAgain(channel, guild.id));
      }
    },
  };
}
