import { linkIdentity } from "../../../../bot/access/identities.ts";
import { DEMO, startTestBot, type TestBot } from "../../../support/bot.ts";
import { buttonsOf, mentionsIn, textsOf } from "../../../support/slack/check-blocks.ts";
import { ADA } from "../../../support/slack/people.ts";
import {
  APP_TOKEN,
  BOT_TOKEN,
  type SlackServer,
  startSlackServer,
} from "../../../support/slack/server.ts";
import type { SlackMessage } from "../../../support/slack/team.ts";
import { waitFor } from "../../../support/wait.ts";

/** A whole bot in the team of a Slack server, in which Ada is its administrator. */
export interface SlackBot {
  slack: SlackServer;
  bot: TestBot;
  /** The first message of the bot below this one. */
  answerTo(ts: string): Promise<Shown>;
  /** The bot's message below this one, once it shows this. */
  shows(ts: string, text: string | RegExp): Promise<Shown>;
  /** The next answer that only its caller sees, as text. */
  whisper(after?: number): Promise<string>;
  close(): Promise<void>;
}

/** A message as its readers see it. */
export interface Shown {
  message: SlackMessage;
  text: string;
  code: string[];
  mentions: string[];
  buttons: ReturnType<typeof buttonsOf>;
}

export async function startSlackBot(): Promise<SlackBot> {
  const slack = await startSlackServer();
  const bot = await startTestBot({
    env: {
      ALDIS_SLACK_APP_TOKEN: APP_TOKEN,
      ALDIS_SLACK_BOT_TOKEN: BOT_TOKEN,
      ALDIS_SLACK_API_URL: slack.apiUrl,
    },
  });
  await bot.install(DEMO);
  const ada = { adapter: "slack", installation: slack.team.id, providerUser: ADA };
  const name = bot.firstStart?.userName ?? "";
  const console = { adapter: "console", installation: "local", providerUser: bot.consoleUser };
  const { caller } = await bot.views.read(bot.workspaceId, console);
  const actor = { userId: caller?.userId ?? "", method: "test" };
  const linked = await linkIdentity(bot.store, bot.workspaceId, name, ada, actor);
  if (!linked.ok) throw new Error(JSON.stringify(linked));
  await waitFor(() => slack.socketMode.connections() === 1, { what: "a connection" });

  const below = (ts: string) => slack.team.messages.filter(({ thread }) => thread === ts);
  return {
    slack,
    bot,
    answerTo: async (ts) => shown(await waitFor(() => below(ts)[0], { what: "an answer" })),
    shows: (ts, text) =>
      waitFor(() => below(ts).map(shown).find(showing(text)), { what: `an answer with ${text}` }),
    async whisper(after = 0) {
      const { whispers } = slack.team;
      const whisper = await waitFor(() => whispers[after], { what: "a private answer" });
      return textsOf(whisper.blocks).plain;
    },
    async close() {
      await bot.close();
      await slack.stop();
    },
  };
}

export function shown(message: SlackMessage): Shown {
  const { plain, code } = textsOf(message.blocks);
  const mentions = mentionsIn(message.text, message.blocks);
  return { message, text: plain, code, mentions, buttons: buttonsOf(message.blocks) };
}

function showing(wanted: string | RegExp) {
  return ({ text, code }: Shown) => {
    const all = [text, ...code].join("\n");
    return typeof wanted === "string" ? all.includes(wanted) : wanted.test(all);
  };
}
