import { BotKeyDropped, BotKeyList } from "../api/contracts/bot-keys.ts";
import { type Client, pathOf } from "./client.ts";
import { printLine, printListing, printNote } from "./terminal.ts";

export async function listBotKeys(client: Client, options: { json?: boolean }): Promise<number> {
  const list = await client.get("bot-keys", BotKeyList);
  const rows = list.keys.map(({ kid, isOwn }) => [kid, isOwn ? "the bot that answers" : ""]);
  const columns = ["key", "used by"];
  printListing({ json: list, columns, rows, none: "the key list is empty" }, options.json ?? false);
  return 0;
}

/** Ends the life of a key that a bot has signed with before it got another. */
export async function rotateBotKey(client: Client, kid: string): Promise<number> {
  const { number } = await client.post(pathOf("bot-keys", kid, "drop"), {}, BotKeyDropped);
  printLine(`${kid} is on key list ${number} no more`);
  printNote("relays that are heard have it within seconds, the others when they are back");
  return 0;
}
