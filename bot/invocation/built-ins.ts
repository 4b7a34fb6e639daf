import type { DispatchDeps } from "../dispatch/dispatch.ts";
import type { Answer } from "../replies/answer.ts";
import { refuse } from "../replies/answer.ts";
import type { Asked } from "./built-in/asked.ts";
import { answerAudit } from "./built-in/audit.ts";
import { answerBundle } from "./built-in/bundle.ts";
import { answerCancel } from "./built-in/cancel.ts";
import { answerHelp } from "./built-in/help.ts";
import { answerInspect } from "./built-in/inspect.ts";
import { answerMark } from "./built-in/mark.ts";
import { answerPs } from "./built-in/ps.ts";
import { answerRelay } from "./built-in/relay.ts";
import { answerRerun } from "./built-in/rerun.ts";
import { answerWhoami } from "./built-in/whoami.ts";
import type { Message } from "./message.ts";
import type { Request } from "./understand.ts";
import type { Views } from "./view.ts";

/** An answer of the bot itself; `next` is a line that the caller says with it, decided by itself. */
export interface BuiltInAnswer extends Answer {
  next?: string;
}

export interface BuiltIns {
  run(request: Request, message: Message): Promise<BuiltInAnswer>;
}

const answers: Readonly<Record<string, (asked: Asked) => BuiltInAnswer | Promise<BuiltInAnswer>>> =
  {
    help: answerHelp,
    whoami: answerWhoami,
    bundle: answerBundle,
    relay: answerRelay,
    ps: answerPs,
    cancel: answerCancel,
    inspect: answerInspect,
    rerun: answerRerun,
    mark: answerMark,
    audit: answerAudit,
  };

export function createBuiltIns(deps: {
  views: Views;
  dispatch: DispatchDeps;
  now(): Date;
}): BuiltIns {
  return {
    async run(request, message) {
      const answer = answers[request.target.command.name];
      if (!answer) return refuse(`this bot has no ${request.target.command.name}`);
      const view = await deps.views.read(message.workspaceId, message.caller);
      return answer({ dispatch: deps.dispatch, view, request, message, now: deps.now() });
    },
  };
}
