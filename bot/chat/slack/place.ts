import { z } from "zod";
import type { LivePlace, OutputFile } from "../live/place.ts";
import { liveContent } from "./blocks.ts";
import type { SlackCalls } from "./calls.ts";
import { edit, post, type Spot } from "./posts.ts";

const UploadUrl = z.object({ upload_url: z.url(), file_id: z.string() });
const UPLOAD_WITHIN_MS = 10 * 60_000;

/** One execution's message and file in a channel or thread of Slack. */
export function slackPlace(calls: SlackCalls, spot: Spot): LivePlace {
  return {
    post: (content, turn) => post(calls, spot, () => liveContent(content()), turn),
    edit: (ts, content, turn) => edit(calls, spot.channel, ts, () => liveContent(content()), turn),
    attach: (file) => attach(calls, spot, file),
  };
}

/** In three steps: an address, the bytes, and where they belong. The token stays with Slack's API. */
async function attach(calls: SlackCalls, { channel, thread }: Spot, file: OutputFile) {
  const { name, bytes } = file;
  const wish = { filename: name, length: bytes.length };
  const answer = await calls.call("files.getUploadURLExternal", wish, { urgency: "soon" });
  const { upload_url, file_id } = UploadUrl.parse(answer);
  const uploaded = await fetch(upload_url, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: Buffer.from(bytes),
    signal: AbortSignal.timeout(UPLOAD_WITHIN_MS),
  });
  if (!uploaded.ok) throw new Error(`Slack refused the file's bytes: ${uploaded.status}`);
  const completion = {
    files: [{ id: file_id, title: name }],
    channel_id: channel,
    ...(thread !== undefined && { thread_ts: thread }),
  };
  await calls.call("files.completeUploadExternal", completion, { urgency: "soon" });
}
