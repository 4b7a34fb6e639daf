import type { DispatchDeps } from "../../dispatch/dispatch.ts";
import type { Message } from "../message.ts";
import type { Request } from "../understand.ts";
import type { View } from "../view.ts";

/** The bundle whose commands run in the bot, without an execution. */
export const BUILT_IN = "aldis";

/** What a built-in command is answered from; that it may run is decided already. */
export interface Asked {
  dispatch: DispatchDeps;
  view: View;
  request: Request;
  message: Message;
  now: Date;
}
