interface Limit {
  is: number;
  /** Where Discord says so. */
  see: string;
}

const DOCS = "https://discord.com/developers/docs";

/** What Discord refuses more of; the protocol server refuses the same. */
export const LIMITS = {
  contentCharacters: { is: 2000, see: `${DOCS}/resources/message#create-message` },
  nonceCharacters: { is: 25, see: `${DOCS}/resources/message#create-message` },
  embeds: { is: 10, see: `${DOCS}/resources/message#create-message` },
  files: { is: 10, see: `${DOCS}/reference#uploading-files` },
  fileBytes: { is: 10 * 1024 * 1024, see: `${DOCS}/reference#uploading-files` },
  actionRows: { is: 5, see: `${DOCS}/components/reference#action-row` },
  buttonsPerRow: { is: 5, see: `${DOCS}/components/reference#action-row` },
  customIdCharacters: { is: 100, see: `${DOCS}/components/reference#anatomy-of-a-component` },
  buttonLabelCharacters: { is: 80, see: `${DOCS}/components/reference#button` },
  commands: { is: 100, see: `${DOCS}/interactions/application-commands#registering-a-command` },
  commandOptions: { is: 25, see: `${DOCS}/interactions/application-commands` },
  commandNameCharacters: { is: 32, see: `${DOCS}/interactions/application-commands` },
  commandDescriptionCharacters: { is: 100, see: `${DOCS}/interactions/application-commands` },
  commandCharacters: { is: 8000, see: `${DOCS}/interactions/application-commands` },
  choices: { is: 25, see: `${DOCS}/interactions/application-commands` },
  choiceCharacters: { is: 100, see: `${DOCS}/interactions/application-commands` },
  threadNameCharacters: { is: 100, see: `${DOCS}/resources/channel#start-thread-from-message` },
  historyMessages: { is: 100, see: `${DOCS}/resources/message#get-channel-messages` },
  interactionAnswerMs: { is: 3_000, see: `${DOCS}/interactions/receiving-and-responding` },
  interactionTokenMs: { is: 15 * 60_000, see: `${DOCS}/interactions/receiving-and-responding` },
  nonceMs: { is: 3 * 60_000, see: `${DOCS}/resources/message#create-message` },
  requestsPerSecond: { is: 50, see: `${DOCS}/topics/rate-limits#global-rate-limit` },
  gatewayPayloadBytes: { is: 4096, see: `${DOCS}/events/gateway#sending-events` },
  gatewayEventsPerMinute: { is: 120, see: `${DOCS}/events/gateway#rate-limiting` },
} as const satisfies Record<string, Limit>;

export interface Rate {
  requests: number;
  perMs: number;
}

/**
 * Discord publishes no numbers for a route: its answers carry them
 * (https://discord.com/developers/docs/topics/rate-limits). These are the ones that it has sent.
 */
export const RATES = {
  createMessage: { requests: 5, perMs: 5_000 },
  editMessage: { requests: 5, perMs: 5_000 },
  reaction: { requests: 1, perMs: 250 },
  webhook: { requests: 5, perMs: 2_000 },
} as const satisfies Record<string, Rate>;
