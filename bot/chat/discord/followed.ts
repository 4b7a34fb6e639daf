import type { ExecutionEnd } from "../../dispatch/live.ts";
import type { LiveView } from "../../invocation/message.ts";
import { LiveMessage } from "../live/live-message.ts";
import type { Pace } from "../live/pace.ts";
import type { DiscordDeps } from "./deps.ts";
import { LIVE_TAIL } from "./live-text.ts";
import { discordPlace, type Spot } from "./place.ts";
import { markOf, type Reaction } from "./reactions.ts";

const QUIET_MS = 400;
const EDIT_EVERY_MS = 1_200;

export type FollowDeps = Pick<DiscordDeps, "clock" | "log" | "readOutput"> & { pace: Pace };

export interface Followed {
  executionId: string;
  command: string;
}

/** An execution in its one message, and as a reaction where a message asked for it. */
export function followLive(
  { clock, log, readOutput, pace }: FollowDeps,
  execution: Followed,
  whereTo: () => Promise<Spot>,
  reaction?: Reaction,
): LiveView {
  const place = discordPlace(pace, whereTo, execution.executionId);
  const limits = { tail: LIVE_TAIL, quietMs: QUIET_MS, editEveryMs: EDIT_EVERY_MS };
  const live = new LiveMessage({ place, clock, log, readOutput, ...limits }, execution);
  return {
    state(state, detail) {
      if (state === "started") reaction?.set("running");
      live.state(state, detail);
    },
    output: (stream, bytes) => live.output(stream, bytes),
    ended(end: ExecutionEnd) {
      reaction?.set(markOf(end));
      return live.ended(end);
    },
  };
}
