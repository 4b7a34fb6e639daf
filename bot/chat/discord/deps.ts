import type { Views } from "../../invocation/view.ts";
import type { Store } from "../../store/pool.ts";
import type { ProviderDeps } from "../adapter.ts";

/** What the Discord adapter needs of the bot. */
export interface DiscordDeps extends ProviderDeps {
  token: string;
  /** Discord's own unless set: `https://discord.com/api`. */
  apiUrl?: string | undefined;
  /** Whether an execution is shown in a thread of the message that asked for it. */
  usesThreads: boolean;
  /** For slash commands: what there is, and what the caller may run. */
  views: Pick<Views, "read" | "forget">;
  /** Where it stands which of many bots listens. */
  store: Pick<Store, "pool">;
}

export const ADAPTER = "discord";
