/**
 * What Slack takes and what it refuses, as its pages say it; this server refuses the same. Where
 * no page says it, what others have measured.
 */

interface SlackLimit {
  most: number;
  page: string;
}

export const LENGTHS = {
  /** Longer text is cut by Slack; here it is refused, so that nothing is lost unnoticed. */
  messageText: {
    most: 40_000,
    page: "https://docs.slack.dev/changelog/2018-truncating-really-long-messages",
  },
  /** All blocks of a message as JSON. */
  allBlocks: { most: 13_200, page: "https://github.com/slackapi/bolt-js/issues/2509" },
  blocks: { most: 50, page: "https://docs.slack.dev/reference/block-kit/blocks" },
  /** Said of a section; taken for an element of rich text, of which no page says anything. */
  textElement: {
    most: 3_000,
    page: "https://docs.slack.dev/reference/block-kit/blocks/section-block",
  },
  actionElements: {
    most: 25,
    page: "https://docs.slack.dev/reference/block-kit/blocks/actions-block",
  },
  actionId: {
    most: 255,
    page: "https://docs.slack.dev/reference/block-kit/block-elements/button-element",
  },
  buttonText: {
    most: 75,
    page: "https://docs.slack.dev/reference/block-kit/block-elements/button-element",
  },
  buttonValue: {
    most: 2_000,
    page: "https://docs.slack.dev/reference/block-kit/block-elements/button-element",
  },
  fileBytes: {
    most: 1_000_000_000,
    page: "https://docs.slack.dev/reference/methods/files.getUploadURLExternal",
  },
  reactionsOfAll: { most: 50, page: "https://docs.slack.dev/reference/methods/reactions.add" },
} as const satisfies Record<string, SlackLimit>;

export interface Rate {
  /** In any minute. */
  perMinute: number;
  page: string;
}

const RATES_PAGE = "https://docs.slack.dev/apis/web-api/rate-limits";
/** "A small amount of burst behavior is tolerated": connecting again is one. */
const TIER_1: Rate = { perMinute: 10, page: RATES_PAGE };
const TIER_2: Rate = { perMinute: 20, page: RATES_PAGE };
const TIER_3: Rate = { perMinute: 50, page: RATES_PAGE };
const TIER_4: Rate = { perMinute: 100, page: RATES_PAGE };
/** "One message per second per channel", and "several hundred" in all. */
const ONE_CHANNEL: Rate = { perMinute: 60, page: RATES_PAGE };
const ALL_CHANNELS: Rate = { perMinute: 300, page: RATES_PAGE };

/** By method, for one app in one workspace; `chat.postMessage in` counts for each channel. */
export const RATES: Readonly<Record<string, Rate>> = {
  "apps.connections.open": TIER_1,
  "auth.test": ALL_CHANNELS,
  "chat.postMessage": ALL_CHANNELS,
  "chat.postMessage in": ONE_CHANNEL,
  "chat.update": TIER_3,
  "chat.postEphemeral": TIER_4,
  "reactions.add": TIER_3,
  "reactions.remove": TIER_2,
  "files.getUploadURLExternal": TIER_4,
  "files.completeUploadExternal": TIER_4,
  "conversations.info": TIER_3,
  "conversations.replies": TIER_3,
  "conversations.history": TIER_3,
  "users.info": TIER_4,
};

/** An envelope that is not acknowledged for so long is sent again: the Events API's page. */
export const ACKNOWLEDGE_WITHIN_MS = 3_000;
