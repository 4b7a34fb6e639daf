import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enableBundle, installBundle } from "../../bot/bundles/installed.ts";
import { BOT_KEYS } from "../../bot/config.ts";
import type { ExecutionEnd } from "../../bot/dispatch/live.ts";
import type { Conversation, Message } from "../../bot/invocation/message.ts";
import { type Bot, startBot } from "../../bot/main.ts";
import { issueJoinToken } from "../../bot/relays/enrol.ts";
import type { Answer } from "../../bot/replies/answer.ts";
import { printAnswer } from "../../bot/replies/plain-text.ts";
import { loadConfig } from "../../relay/process/config.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { createMemoryBus, type MemoryBus } from "../../relay/process/memory-bus.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { printJoinToken } from "../../relay/wire/join-token.ts";
import { createTestDatabase, type TestDatabase } from "./postgres.ts";
import { joinScriptedRelay, type ScriptedRelay } from "./scripted-relay.ts";
import { waitFor } from "./wait.ts";

/** A whole bot on a database of its own, with the bus of this process. */
export interface TestBot extends Bot {
  bus: MemoryBus;
  database: TestDatabase;
  directory: string;
  /** Says a line at the console as its administrator, or as another account. */
  say(text: string, change?: Partial<Message>): Talk;
  install(source: string): Promise<void>;
  joinToken(name: string, tags?: Record<string, string>): Promise<string>;
  /** A scripted relay that has joined, announced itself and is known to the bot. */
  relay(
    name: string,
    options?: { tags?: Record<string, string>; runsEverything?: boolean },
  ): Promise<ScriptedRelay>;
  close(): Promise<void>;
}

/** What was said to one caller. */
export interface Talk {
  invocationId: string | undefined;
  executionId: string | undefined;
  answers: Answer[];
  text(): string;
  output: string;
  states: string[];
  end: ExecutionEnd | undefined;
  done: Promise<void>;
}

export const DEMO = await readFile(join(import.meta.dirname, "../../bundles/demo.yaml"), "utf8");

export async function startTestBot(
  options: { env?: Record<string, string>; database?: TestDatabase; directory?: string } = {},
): Promise<TestBot> {
  const database = options.database ?? (await createTestDatabase());
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "aldis-bot-")));
  const env = {
    ALDIS_API_ADDRESS: "127.0.0.1:0",
    ALDIS_DISPATCH_SWEEP_INTERVAL: "100ms",
    ...options.env,
  };
  const loaded = loadConfig(BOT_KEYS, { env, cwd: directory });
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  const log = createLogger({ level: "silent" });
  const bus = createMemoryBus();
  const bot = await startBot({
    config: loaded.values,
    dataDirectory: directory,
    database: { url: database.url, ownerUrl: undefined },
    connectBus: async () => bus.connect({ onError: (error) => log.error({ err: error }, "bus") }),
    natsUrl: undefined,
    log,
    signal: new AbortController().signal,
  });
  const actor = { userId: undefined, method: "test" };

  const joinToken = async (name: string, tags: Record<string, string> = {}) =>
    printJoinToken({
      v: 1,
      token: await issueJoinToken(bot.dispatch, { workspaceId: bot.workspaceId, name, tags }),
      authority: bot.authority,
      keyListNumber: bot.keyListNumber(),
    });

  return {
    ...bot,
    bus,
    database,
    directory,
    say: (text, change) => say(bot, text, change),
    joinToken,
    async install(source) {
      const installed = await installBundle(
        bot.dispatch,
        bot.workspaceId,
        { text: source, file: "test.yaml" },
        actor,
      );
      if (!installed.ok) throw new Error(installed.errors.join("\n"));
      await enableBundle(bot.store, bot.workspaceId, installed.bundle.name, undefined, actor);
    },
    async relay(name, options = {}) {
      const peer = bus.connect({ onError: () => {} });
      const relay = await joinScriptedRelay(peer, await joinToken(name, options.tags), name);
      if (options.runsEverything) relay.runEverything();
      await relay.announce();
      await waitFor(() => {
        const known = bot.dispatch.registry.find(relay.id);
        return known?.presence !== undefined;
      });
      return relay;
    },
    async close() {
      await bot.stop();
      if (!options.database) await database.drop();
      if (!options.directory) await rm(directory, { recursive: true, force: true });
    },
  };
}

export function say(bot: Bot, text: string, change: Partial<Message> = {}): Talk {
  const talk: Talk = {
    invocationId: undefined,
    executionId: undefined,
    answers: [],
    text: () => talk.answers.map(printAnswer).join("\n"),
    output: "",
    states: [],
    end: undefined,
    done: Promise.resolve(),
  };
  const conversation: Conversation = {
    accepted({ invocationId, executionId }) {
      talk.invocationId = invocationId;
      talk.executionId = executionId;
    },
    async tell(answer) {
      talk.answers.push(answer);
    },
    follow: () => ({
      state: (state) => void talk.states.push(state),
      output(_, bytes) {
        talk.output += Buffer.from(bytes).toString();
      },
      async ended(end) {
        talk.end = end;
      },
    }),
  };
  const message: Message = {
    workspaceId: bot.workspaceId,
    adapter: "console",
    installation: "local",
    channel: "console",
    messageId: uuidv7(),
    text,
    saidAt: new Date(),
    caller: { adapter: "console", installation: "local", providerUser: bot.consoleUser },
    isDirect: true,
    mentions: [],
    ...change,
  };
  talk.done = bot.intake.take(message, conversation);
  return talk;
}
