import type { Limit } from "../live/pace.ts";

/**
 * Slack's limits, kept to with something in hand. Within any minute a limit lets through its burst
 * and what fills it again, which together stay within what Slack promises.
 * https://docs.slack.dev/apis/web-api/rate-limits
 */
const PER_MINUTE = 60_000;
const TIER_2: Limit = { calls: 15, perMs: PER_MINUTE, burst: 4 };
const TIER_3: Limit = { calls: 38, perMs: PER_MINUTE, burst: 10 };
const TIER_4: Limit = { calls: 75, perMs: PER_MINUTE, burst: 20 };
/** One message a second in a channel, with short bursts. */
const ONE_CHANNEL: Limit = { calls: 57, perMs: PER_MINUTE, burst: 3 };
/** "Several hundred" messages a minute in a workspace. */
const ALL_CHANNELS: Limit = { calls: 270, perMs: PER_MINUTE, burst: 25 };

const LIMITS: Readonly<Record<string, Limit>> = {
  "chat.postMessage": ALL_CHANNELS,
  "chat.postEphemeral": TIER_4,
  "chat.update": TIER_3,
  "reactions.add": TIER_3,
  "reactions.remove": TIER_2,
  "files.getUploadURLExternal": TIER_4,
  "files.completeUploadExternal": TIER_4,
  "conversations.replies": TIER_3,
  "conversations.history": TIER_3,
};

/** By method, or by method and channel: `chat.postMessage C1`. */
export function limitOf(name: string): Limit {
  return name.includes(" ") ? ONE_CHANNEL : (LIMITS[name] ?? TIER_2);
}

/** Text of one element: https://docs.slack.dev/reference/block-kit/blocks/section-block has 3,000. */
export const LONGEST_TEXT = 3_000;
/**
 * All blocks of one message as JSON. Slack answers `msg_blocks_too_long` from about 13,200 on
 * (https://github.com/slackapi/bolt-js/issues/2509), earlier with much rich text in them.
 */
export const LONGEST_BLOCKS = 9_000;
/** https://docs.slack.dev/reference/block-kit/blocks has 50 blocks; elements are kept as few. */
export const MOST_ELEMENTS = 40;
/** What follows in an answer of even more messages is left out, and says so. */
export const MOST_MESSAGES = 10;
/** https://docs.slack.dev/reference/methods/files.getUploadURLExternal: files have up to 1 GB. */
export const LONGEST_FILE_BYTES = 1_000_000_000;
