import type { Limit } from "../live/pace.ts";

/**
 * Discord publishes none of its limits of a route, and sends them with each answer; discord.js
 * keeps to those. These only decide whose turn it is, and leave something in hand.
 * https://discord.com/developers/docs/topics/rate-limits
 */
const ONE_CHANNEL: Limit = { calls: 4, perMs: 5_000, burst: 4 };
const ALL: Limit = { calls: 40, perMs: 1_000, burst: 20 };

/** `all`, or what is done in one channel: `create C`, `edit C`. */
export function limitOf(name: string): Limit {
  return name === "all" ? ALL : ONE_CHANNEL;
}

/** A file that Discord takes of anybody: https://discord.com/developers/docs/reference#uploading-files */
export const LONGEST_FILE_BYTES = 10 * 1024 * 1024;
