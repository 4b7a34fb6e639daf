import type { AgentDeps } from "../../relay/agent/agent.ts";

/** Every duration of the protocol, short enough that little has to be simulated. */
export const RELAY_WAITS: AgentDeps["waits"] = {
  claimMs: 1500,
  confirmMs: 2000,
  retryMinMs: 100,
  retryMaxMs: 2000,
  permitMs: 6000,
  heartbeatMs: 4000,
  presenceSpacingMs: 100,
  stopMs: 1000,
  settleMs: 500,
};

export const BOT_WAITS = {
  silenceMs: 10_000,
  sweepIntervalMs: 2000,
  offerTimeoutMs: 4000,
  queueTimeoutMs: 20_000,
  /** Longer than a permit is good for. */
  lostAfterMs: 6500,
};

export const COMMAND_TIMEOUT_MS = 15_000;
/** How long after the last fault everything may take to come to rest. */
export const LONGEST_REST_MS = 120_000;
