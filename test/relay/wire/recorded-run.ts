import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cancelExecution } from "../../../bot/dispatch/cancel.ts";
import { askImage } from "../../../bot/images/ask.ts";
import type { Bot } from "../../../bot/main.ts";
import { changeRelay } from "../../../bot/relays/life.ts";
import { createMemoryBus } from "../../../relay/process/memory-bus.ts";
import { rotateKeys } from "../../../relay/rotate.ts";
import { generateKeyPem } from "../../../relay/wire/keys.ts";
import { waitFor } from "../../support/wait.ts";
import { type Database, say, startRecordedBot } from "./recorded-bot.ts";
import { joinForRecording, type RecordedRelay } from "./recorded-relay.ts";
import { bodiesOf, type RecordedMessage, recordBus } from "./recorded-tape.ts";

interface Run {
  bot: Bot;
  relay: RecordedRelay;
  messages: readonly RecordedMessage[];
}

/**
 * Everything that a real bot and a real relay say to each other in one life, in order: joining,
 * commands that end in each way, draining, a new key list, new keys.
 */
export async function recordRun(database: Database): Promise<readonly RecordedMessage[]> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-recording-"));
  const wire = createMemoryBus();
  const messages = recordBus(wire);
  const botFolder = join(folder, "bot");
  let bot = await startRecordedBot({ wire, folder: botFolder, database });
  const relay = await joinForRecording({ wire, folder: join(folder, "relay"), bot });
  try {
    const run = { bot, relay, messages };
    await waitFor(() => bot.dispatch.registry.find(relay.id)?.presence, { what: "the relay" });
    await runCommands(run);
    await askAboutImage(run);
    await drain(run);
    await bot.stop();
    await writeFile(join(botFolder, "keys/signing.pem"), generateKeyPem("ed25519"), {
      mode: 0o600,
    });
    const before = count(messages, "key-list");
    bot = await startRecordedBot({ wire, folder: botFolder, database });
    await waitFor(() => count(messages, "key-list") > before, { what: "the next key list" });
    await relay.stop();
    await rotateKeys(relay);
    return messages;
  } finally {
    await relay.stop();
    await bot.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runCommands(run: Run): Promise<void> {
  const { bot, messages } = run;
  await until(run, "result", () => say(bot, "!echo recorded"));
  await waitFor(() => bot.dispatch.auditHead(bot.workspaceId), { what: "a head of the audit" });
  await until(run, "result", () => say(bot, "!demo:fail 3"));
  await until(run, "offer-answer", () => say(bot, "!forbidden:here"));
  await until(run, "permit", () => say(bot, "!sleep 100"));
  await until(run, "result", () => cancelLast(run));
  run.relay.beforeNextClaim(() => cancelLast(run));
  await until(run, "permit", () => say(bot, "!echo withheld"));
  await waitFor(() => count(messages, "receipt") >= count(messages, "result"));
}

async function askAboutImage({ bot, relay }: Run): Promise<void> {
  const known = bot.dispatch.registry.find(relay.id);
  if (!known || known.epoch === null) throw new Error("the relay is gone");
  const { id, key, epoch } = known;
  await askImage(bot.dispatch, { id, key, epoch }, "registry.example.com/web:1.4");
}

async function drain({ bot, relay, messages }: Run): Promise<void> {
  const actor = { userId: bot.workspaceId, method: "test" };
  for (const [action, expected] of [
    ["drain", true],
    ["resume", false],
  ] as const) {
    await changeRelay(bot.store, bot.workspaceId, relay.id, action, actor);
    await bot.dispatch.registry.refresh();
    await waitFor(() => bot.dispatch.registry.find(relay.id)?.presence?.draining === expected);
  }
  await waitFor(() => count(messages, "drain") >= 2);
}

async function cancelLast({ bot, messages }: Run): Promise<void> {
  const [body] =
    messages
      .filter(({ kind }) => kind === "offer")
      .map(bodiesOf)
      .at(-1) ?? [];
  const executionId = /"executionId":"([^"]+)"/.exec(JSON.stringify(body))?.[1] ?? "";
  const by = { userId: bot.workspaceId, method: "test" };
  await cancelExecution(bot.dispatch, { workspaceId: bot.workspaceId, executionId }, by);
}

/** Does something, and waits for one more message of a kind. */
async function until({ messages }: Run, kind: string, act: () => unknown): Promise<void> {
  const before = count(messages, kind);
  await act();
  await waitFor(() => count(messages, kind) > before, { what: kind });
}

function count(messages: readonly RecordedMessage[], kind: string): number {
  return messages.filter((message) => message.kind === kind).length;
}
