import { accountName } from "../../../relay/process/account-name.ts";
import type { Bot } from "../../main.ts";

export interface BannerFacts {
  bot: Bot;
  version: string;
  dataDirectory: string;
  logFile: string;
  /** Container engines that answered, for people. */
  engines: string;
  isInteractive: boolean;
}

/** What simple mode says once it is up: what it found, what it listens on, what to type next. */
export function bannerOf(facts: BannerFacts): string {
  const { bot, engines } = facts;
  const user = process.getuid?.() === 0 ? "nobody" : accountName();
  const lines = [
    `Aldis ${facts.version}, simple mode: bot, one relay and Postgres on this machine`,
    `  found     ${engines}`,
    `  listens   ${bot.apiAddress} (API, health, metrics), and nowhere else`,
    `  data      ${facts.dataDirectory}, log in ${facts.logFile}`,
    `  caution   native commands are not isolated: they run as ${user} on this machine`,
  ];
  if (bot.firstStart) {
    const { userName, tokenFile } = bot.firstStart;
    lines.push(
      `  made      administrator "${userName}", which is you at this console; API token in ${tokenFile}`,
    );
  }
  if (facts.isInteractive) lines.push("Type !echo hello, or !help; Ctrl-D ends it.");
  return `${lines.join("\n")}\n`;
}
