import { say } from "../../../../bot/replies/answer.ts";
import { waitFor } from "../../../support/wait.ts";
import { drawn } from "./drawn.ts";
import { type Script, type ScriptedConsole, scriptedConsole } from "./scripted-console.ts";

export const CTRL_C = "\x03";
export const CTRL_D = "\x04";

export interface Terminal extends ScriptedConsole {
  /** What the screen shows, without empty lines at its end. */
  screen(): string[];
  /** Waits until the last line of the screen is this. */
  endsWith(line: string): Promise<void>;
}

/** The scripted console with a person in front of it. */
export function terminal(script: Script = {}): Terminal {
  const columns = script.columns ?? 80;
  const terminals = ["input", "output", "errorOutput"] as const;
  const console = scriptedConsole({ terminals, ...script, columns });
  const screen = () => {
    const rows = drawn(console.stdout(), columns);
    while (rows.length > 1 && rows.at(-1) === "") rows.pop();
    return rows;
  };
  const endsWith = async (line: string): Promise<void> => {
    await waitFor(() => screen().at(-1) === line, { what: `the line ${line}` });
  };
  return { ...console, screen, endsWith };
}

export const echo: Script = {
  handle: (message, conversation) => conversation.tell(say(message.text)),
};

/** Answers `!wait` when it is told to, and anything else at once. */
export function waiting(): Script & { release(): void } {
  let release = () => {};
  return {
    release: () => release(),
    handle: (message, conversation) => {
      if (message.text !== "!wait") return conversation.tell(say(`did ${message.text}`));
      const view = conversation.follow({ executionId: "execution", command: "demo:wait" });
      view.output("stdout", Buffer.from("partly"));
      return new Promise((resolve) => {
        release = () => {
          view.output("stdout", Buffer.from(" done"));
          const end = { exitCode: undefined, reason: undefined, durationMs: 5 };
          resolve(view.ended({ state: "cancelled", ...end }));
        };
      });
    },
  };
}
