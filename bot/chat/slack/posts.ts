import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Turn } from "../live/place.ts";
import type { Content } from "./blocks.ts";
import type { SlackCalls } from "./calls.ts";

/** Where messages go: a channel, below a message of it or by themselves. */
export interface Spot {
  channel: string;
  thread: string | undefined;
}

const EVENT_TYPE = "aldis_post";
const Posted = z.object({ ts: z.string() });
const History = z.object({
  messages: z.array(
    z.object({
      ts: z.string(),
      metadata: z
        .object({
          event_type: z.string(),
          event_payload: z.object({ id: z.unknown() }),
        })
        .optional(),
    }),
  ),
});

/**
 * Posts once, also where the answer to the first try was lost: each message carries a mark of its
 * own, which is looked for before it is posted again.
 */
export async function post(
  calls: SlackCalls,
  { channel, thread }: Spot,
  newest: () => Content,
  turn: Turn,
): Promise<string> {
  const id = randomUUID();
  const args = {
    channel,
    ...(thread !== undefined && { thread_ts: thread }),
    metadata: { event_type: EVENT_TYPE, event_payload: { id } },
    unfurl_links: false,
    unfurl_media: false,
  };
  const posted = await calls.call("chat.postMessage", args, {
    ...turn,
    channel,
    newest: () => ({ ...newest() }),
    findDone: () => findOwn(calls, { channel, thread }, id),
  });
  return Posted.parse(posted).ts;
}

async function findOwn(
  calls: SlackCalls,
  { channel, thread }: Spot,
  id: string,
): Promise<{ ts: string } | undefined> {
  const method = thread === undefined ? "conversations.history" : "conversations.replies";
  const args = {
    channel,
    ...(thread !== undefined && { ts: thread }),
    include_all_metadata: true,
    limit: 200,
  };
  const { messages } = History.parse(await calls.call(method, args, { urgency: "now" }));
  return messages.find(
    ({ metadata }) => metadata?.event_type === EVENT_TYPE && metadata.event_payload.id === id,
  );
}

/** `parse` and `link_names` would find names in the text; its blocks have none to find. */
export async function edit(
  calls: SlackCalls,
  channel: string,
  ts: string,
  newest: () => Content,
  turn: Turn,
): Promise<void> {
  const args = { channel, ts, parse: "none", link_names: false };
  await calls.call("chat.update", args, { ...turn, newest: () => ({ ...newest() }) });
}
