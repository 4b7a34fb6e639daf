import type { Logger } from "pino";
import type { Clock, Timer } from "../../../relay/process/clock.ts";
import type { View } from "../../invocation/view.ts";
import { applicationCommands } from "./application-commands.ts";
import type { Calls } from "./calls.ts";

export interface PublishDeps {
  calls: Pick<Calls, "setCommands">;
  clock: Pick<Clock, "every">;
  log: Logger;
  /** The newest of what is installed. */
  readView(): Promise<Pick<View, "bundles">>;
}

/** The bundle of the bot's own commands. */
const BUILT_IN = "aldis";
const LOOK_EVERY_MS = 30_000;

/** Keeps Discord's list of slash commands what the enabled bundles say. */
export function publishCommands(
  deps: PublishDeps,
  application: string,
): { look(): void; stop(): void } {
  let published = "";
  let isWorking = false;

  async function publish(): Promise<void> {
    const { bundles } = await deps.readView();
    const commands = applicationCommands([...bundles.values()], BUILT_IN);
    const text = JSON.stringify(commands);
    if (text === published) return;
    await deps.calls.setCommands(application, commands);
    published = text;
    deps.log.info({ commands: commands.length }, "slash commands published at Discord");
  }

  function look(): void {
    if (isWorking) return;
    isWorking = true;
    publish()
      .catch((error: unknown) => {
        deps.log.warn({ err: error }, "slash commands could not be published at Discord");
      })
      .finally(() => {
        isWorking = false;
      });
  }

  const timer: Timer = deps.clock.every(LOOK_EVERY_MS, look);
  look();
  return { look, stop: () => timer.cancel() };
}
