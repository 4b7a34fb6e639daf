import type { Principal } from "../../../bot/access/principal.ts";
import type { Bundle } from "../../../bot/bundles/bundle.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { printBundleError } from "../../../bot/bundles/problem.ts";
import type { Message } from "../../../bot/invocation/message.ts";
import type { View } from "../../../bot/invocation/view.ts";

/** What a workspace with these bundle files looks like to one caller, without a database. */
export function viewOf(sources: readonly string[], caller: Partial<Principal> | undefined): View {
  return {
    workspaceId: "",
    accessVersion: 1,
    prefix: "!",
    timeZone: "UTC",
    caller: caller && {
      userId: "",
      name: "alice",
      groups: [],
      roles: [],
      permissions: new Set(),
      ...caller,
    },
    bundles: new Map(sources.map(loadedFrom).map((bundle) => [bundle.name, bundle])),
    declared: new Set(),
    policies: new Map(),
    accessManagers: [],
  };
}

/** Said in a channel just now, where the bot is called `@aldis`. */
export function messageOf(text: string, saidAt: Date, change: Partial<Message> = {}): Message {
  return {
    workspaceId: "",
    adapter: "slack",
    installation: "T1",
    channel: "C1",
    messageId: "1",
    text,
    saidAt,
    caller: { userId: "" },
    isDirect: false,
    mentions: ["@aldis"],
    ...change,
  };
}

function loadedFrom(source: string): Bundle {
  const loaded = loadBundle(source, "a test");
  if (loaded.ok) return loaded.bundle;
  throw new Error(loaded.errors.map(printBundleError).join("\n"));
}
