import { subjectMatches } from "./bus-subjects.ts";

export interface Delivery {
  subject: string;
  payload: Uint8Array;
  replyTo: string | undefined;
}

export interface MemorySubscription {
  /** Nothing is delivered after this, not even what is under way. */
  remove(): void;
  /** Nothing new is accepted; resolves when what is under way has been delivered. */
  drain(): Promise<void>;
}

export interface MemoryBroker {
  /** Returns how many subscriptions get the message. */
  publish(subject: string, payload: Uint8Array, replyTo: string | undefined): number;
  subscribe(
    pattern: string,
    queue: string | undefined,
    receive: (delivery: Delivery) => void,
  ): MemorySubscription;
}

interface Entry {
  pattern: readonly string[];
  queue: string | undefined;
  deliver(delivery: Delivery): void;
}

/** Delivers one message to one subscription, later: what says when may delay, double or lose it. */
export type Schedule = (deliver: () => void, subject: string) => void;

/** Matches subjects to subscriptions and hands each message over later, never in the same turn. */
export function createMemoryBroker(schedule: Schedule): MemoryBroker {
  const entries = new Set<Entry>();
  let turn = 0;

  function receivers(subject: string): Entry[] {
    const tokens = subject.split(".");
    const groups = new Map<string, Entry[]>();
    const plain: Entry[] = [];
    for (const entry of entries) {
      if (!subjectMatches(entry.pattern, tokens)) continue;
      if (entry.queue === undefined) plain.push(entry);
      else groups.set(entry.queue, [...(groups.get(entry.queue) ?? []), entry]);
    }
    turn += 1;
    const chosen = [...groups.values()].flatMap((group) => group[turn % group.length] ?? []);
    return [...plain, ...chosen];
  }

  return {
    publish(subject, payload, replyTo) {
      const found = receivers(subject);
      for (const entry of found) entry.deliver({ subject, payload: payload.slice(), replyTo });
      return found.length;
    },
    subscribe(pattern, queue, receive) {
      let removed = false;
      let underway = 0;
      const drained = Promise.withResolvers<void>();
      const entry: Entry = {
        pattern: pattern.split("."),
        queue,
        deliver(delivery) {
          underway += 1;
          schedule(() => {
            if (!removed) receive(delivery);
            underway -= 1;
            if (underway <= 0 && !entries.has(entry)) drained.resolve();
          }, delivery.subject);
        },
      };
      entries.add(entry);
      return {
        remove() {
          removed = true;
          entries.delete(entry);
          drained.resolve();
        },
        async drain() {
          entries.delete(entry);
          if (underway > 0) await drained.promise;
        },
      };
    },
  };
}
