import type { ChatAdapter } from "../adapter.ts";
import type { ConsoleDeps } from "./deps.ts";
import { answerLines } from "./piped.ts";
import { createScreen } from "./screen.ts";
import { converse } from "./terminal.ts";

export type { ConsoleDeps } from "./deps.ts";

export interface Console extends ChatAdapter {
  /** When the user has left or the input's last line has been answered; at once after `stop`. */
  done: Promise<void>;
}

/** The bot at a terminal, or answering line by line what is piped in. */
export function startConsole(deps: ConsoleDeps): Console {
  const isInteractive = Boolean(deps.input.isTTY && deps.output.isTTY);
  const screen = createScreen({ ...deps, isInteractive });
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  deps.input.on("error", () => {}); // a terminal that has gone: the input has ended
  void screen.closed.then((fault) => {
    if (fault) screen.say(`the answers cannot be written: ${fault.message}`, "note");
    stop();
  });

  const run = isInteractive ? converse : answerLines;
  const done = run(deps, screen, stopping.signal).then(() => screen.flush());
  return {
    done,
    stop: async () => {
      stop();
      await done;
    },
  };
}
