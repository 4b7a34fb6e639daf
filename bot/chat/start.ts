import type { Views } from "../invocation/view.ts";
import type { Store } from "../store/pool.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import type { ChatAdapter, ProviderDeps } from "./adapter.ts";
import { readWholeOutput } from "./live/whole-output.ts";

/** The chats that are configured; what is left out is not even loaded. */
export interface ChatSettings {
  slack?: {
    appToken: string | undefined;
    botToken: string | undefined;
    apiUrl: string | undefined;
  };
  discord?: { token: string; apiUrl: string | undefined; usesThreads: boolean };
}

export type ChatParts = Omit<ProviderDeps, "prefix" | "readOutput"> & {
  store: Store;
  views: Views;
};

export interface StartedChat extends ChatAdapter {
  name: string;
}

export async function startChats(settings: ChatSettings, parts: ChatParts): Promise<StartedChat[]> {
  const { store, ...others } = parts;
  const { workspaceId, clock } = parts;
  const deps: ProviderDeps = {
    ...others,
    prefix: async () => {
      const workspace = (await listWorkspaces(store)).find(({ id }) => id === workspaceId);
      return workspace?.prefix ?? "";
    },
    readOutput: (executionId) => readWholeOutput({ store, clock }, { workspaceId, executionId }),
  };
  const chats: StartedChat[] = [];
  const { appToken, botToken, apiUrl } = settings.slack ?? {};
  if (appToken !== undefined && botToken !== undefined) {
    const { startSlack } = await import("./slack/slack.ts");
    chats.push({ name: "Slack", ...startSlack({ ...deps, appToken, botToken, apiUrl }) });
  } else if (settings.slack) {
    parts.log.error("slack.app_token and slack.bot_token go together: Slack is not started");
  }
  if (settings.discord) {
    const { startDiscord } = await import("./discord/discord.ts");
    chats.push({
      name: "Discord",
      ...startDiscord({ ...deps, store, views: parts.views, ...settings.discord }),
    });
  }
  return chats;
}
