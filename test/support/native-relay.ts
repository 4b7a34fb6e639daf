import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinRelay } from "../../relay/enrol.ts";
import { relayDirectory } from "../../relay/identity.ts";
import { startRelay } from "../../relay/main.ts";
import { createLogger, type Logger } from "../../relay/process/logger.ts";
import { parseJoinToken } from "../../relay/wire/join-token.ts";
import { relayConfig } from "../relay/relay-under-test.ts";
import type { TestBot } from "./bot.ts";
import { waitFor } from "./wait.ts";

/** A real relay whose one command leaves a mark each time that it really runs. */
export interface NativeRelay {
  id: string;
  dataDirectory: string;
  /** A line to type, and the mark that it leaves. */
  command(): { line: string; mark: string };
  /** How often the mark was left. */
  timesRun(mark: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startNativeRelay(
  bot: TestBot,
  { log = createLogger({ level: "silent" }) }: { log?: Logger } = {},
): Promise<NativeRelay> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-native-"));
  const marks = join(folder, "marks");
  // Native commands of root's relay run as another user.
  await writeFile(marks, "");
  await chmod(folder, 0o711);
  await chmod(marks, 0o666);
  await bot.install(bundleThatMarks(marks));
  const dataDirectory = join(folder, "data");
  const bus = bot.bus.connect({ onError: (error) => log.error({ err: error }, "bus") });
  const token = parseJoinToken(await bot.joinToken("native"));
  if (!token) throw new Error("not a join token");
  const directory = relayDirectory(dataDirectory);
  const joined = await joinRelay({ bus, token, directory, hostname: "test" });
  if (!joined.ok) throw new Error(joined.reason);
  const config = relayConfig({ ALDIS_RELAY_NATIVE: "probe" });
  const relay = await startRelay({ config, dataDirectory, log, bus });
  const id = joined.identity.relayId;
  await waitFor(() => bot.dispatch.registry.find(id)?.presence, { what: "the relay" });

  return {
    id,
    dataDirectory,
    command() {
      const mark = randomBytes(8).toString("hex");
      return { line: `!probe:mark ${mark}`, mark };
    },
    async timesRun(mark) {
      const lines = (await readFile(marks, "utf8")).split("\n");
      return lines.filter((line) => line === mark).length;
    },
    async stop() {
      await relay.stop();
      await bus.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function bundleThatMarks(file: string): string {
  return `
aldis_bundle_version: 1
name: probe
version: 1.0.0
description: Leaves marks.
commands:
  mark:
    description: Leaves a mark.
    executable: [/bin/sh, -c, 'echo "$0" >> ${file}; echo "marked $0"']
    native: true
    arguments: [{ name: mark, required: true }]
    rules: [allow]
`;
}
