import { webApi } from "@slack/bolt";
import type { Clock } from "../../../relay/process/clock.ts";
import { type Pace, SlowDown, type Urgency } from "../live/pace.ts";

/** Calls of Slack's Web API, at the pace that Slack takes, repeated while it may help. */
export interface SlackCalls {
  call(method: string, args: Record<string, unknown>, options: CallOptions): Promise<unknown>;
}

export interface CallOptions {
  urgency: Urgency;
  /** Where the limit is counted for each channel. */
  channel?: string;
  signal?: AbortSignal | undefined;
  /**
   * What came of the call before, asked before it is repeated: its answer may have been lost on
   * the way. Undefined if nothing did.
   */
  findDone?(): Promise<unknown>;
  /** Looked up when the call is sent, so that nothing stale is. */
  newest?(): Record<string, unknown>;
}

export interface CallsDeps {
  client: webApi.WebClient;
  pace: Pace;
  clock: Pick<Clock, "sleep" | "monotonicMs">;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const GIVE_UP_AFTER_MS = 15 * 60_000;

/** Slack's own troubles, and a token that an administrator may be exchanging just now. */
const PASSING: ReadonlySet<string> = new Set([
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
  "team_added_to_org",
  "invalid_auth",
  "not_authed",
  "token_revoked",
  "token_expired",
  "account_inactive",
]);

export function createCalls({ client, pace, clock }: CallsDeps): SlackCalls {
  async function once(method: string, args: Record<string, unknown>): Promise<unknown> {
    try {
      return await client.apiCall(method, args);
    } catch (error) {
      if (!(error instanceof webApi.WebAPIRateLimitedError)) throw error;
      throw new SlowDown(error.retryAfter * 1_000);
    }
  }

  function paced(method: string, args: Record<string, unknown>, options: CallOptions) {
    const { urgency, channel, signal, newest } = options;
    const narrowest = channel === undefined ? [] : [`${method} ${channel}`];
    return pace.run({
      counts: [method, ...narrowest],
      urgency,
      signal,
      send: () => once(method, { ...args, ...newest?.() }),
    });
  }

  async function call(
    method: string,
    args: Record<string, unknown>,
    options: CallOptions,
  ): Promise<unknown> {
    const sinceMs = clock.monotonicMs();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await paced(method, args, options);
      } catch (error) {
        const isOver = clock.monotonicMs() - sinceMs > GIVE_UP_AFTER_MS;
        if (isOver || options.signal?.aborted || !mayPass(error)) throw error;
      }
      await clock.sleep(pauseMs, options.signal);
      const done = await options.findDone?.().catch(() => undefined);
      if (done !== undefined) return done;
    }
  }

  return { call };
}

/** Slack's own name for why it refused. */
export function refusalOf(error: unknown): string | undefined {
  return error instanceof webApi.WebAPIPlatformError ? error.data.error : undefined;
}

function mayPass(error: unknown): boolean {
  if (error instanceof webApi.WebAPIRequestError) return true;
  if (error instanceof webApi.WebAPIHTTPError) return error.statusCode >= 500;
  return PASSING.has(refusalOf(error) ?? "");
}
