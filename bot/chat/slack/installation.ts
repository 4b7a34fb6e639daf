import type { webApi } from "@slack/bolt";
import type { Logger } from "pino";
import { z } from "zod";
import type { Clock } from "../../../relay/process/clock.ts";
import { refusalOf } from "./calls.ts";
import type { Installation } from "./incoming.ts";

const Identity = z.object({
  team_id: z.string(),
  user_id: z.string(),
  bot_id: z.string(),
  user: z.string(),
});

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Who the bot's token makes it. Asks until Slack answers; undefined once `signal` fires. */
export async function askInstallation(
  { client, clock, log }: { client: webApi.WebClient; clock: Pick<Clock, "sleep">; log: Logger },
  signal: AbortSignal,
): Promise<Installation | undefined> {
  for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; ) {
    try {
      const { team_id, user_id, bot_id, user } = Identity.parse(await client.auth.test());
      return { teamId: team_id, userId: user_id, botId: bot_id, name: user };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) log.warn({ err: error }, "Slack cannot be reached; trying again");
      else log.error({ refusal }, "Slack refuses the bot's token: check slack.bot_token");
    }
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
  return undefined;
}
