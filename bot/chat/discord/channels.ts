import type { ChannelEvent, GuildEvent } from "./events.ts";
import { isLater } from "./events.ts";
import { isThreadType } from "./incoming.ts";

/** What is known of a channel. */
interface Known {
  name: string | undefined;
  /** Of a thread the channel that it belongs to. */
  parent: string | undefined;
}

/** The channels that the gateway has told of. */
export interface Channels {
  add(channel: ChannelEvent): void;
  find(id: string): Known | undefined;
  name(id: string): string | undefined;
}

export function createChannels(): Channels {
  const byId = new Map<string, Known>();
  return {
    add({ id, type, name, parent_id: parent }) {
      const isThread = isThreadType(type);
      byId.set(id, { name: name ?? undefined, parent: isThread ? (parent ?? id) : undefined });
    },
    find: (id) => byId.get(id),
    name: (id) => byId.get(id)?.name,
  };
}

/** The channels of a guild in which something was said since. */
export function channelsWithNews({ channels, threads }: GuildEvent, since: string): string[] {
  return [...channels, ...threads]
    .filter(({ last_message_id: last }) => last && isLater(last, since))
    .map(({ id }) => id);
}
