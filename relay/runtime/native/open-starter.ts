import { EXIT, RelayFailure } from "../../failure.ts";
import type { Logger } from "../../process/logger.ts";
import { chooseIsolation, type IsolationWish } from "./choose-isolation.ts";
import { startForked } from "./start-forked.ts";
import type { Starter } from "./starter.ts";

/** Starts native commands as the relay's owner wishes; fails where this host cannot. */
export async function openStarter(wish: IsolationWish, log: Logger): Promise<Starter> {
  const choice = await chooseIsolation(wish);
  if (!choice.ok) {
    const line = `relay.native_isolation: ${wish} does not work on this host: ${choice.reason}; choose another, or auto`;
    throw new RelayFailure(line, EXIT.configuration);
  }
  if (choice.missing !== undefined) {
    log.warn(
      { reason: choice.missing },
      "native commands are NOT isolated on this host: what leaves its process group outlives its command; needed are Linux, util-linux 2.38, and root or user namespaces",
    );
  }
  return startForked(choice.isolation);
}
