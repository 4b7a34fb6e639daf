import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { programVersion } from "../../../relay/process/package-root.ts";
import { messageSchema } from "../../docs/protocol-schemas.ts";
import { onDatabase, startTestCluster } from "../../support/postgres-cluster.ts";
import { WIRE_KINDS } from "./recorded-kinds.ts";
import { recordRun } from "./recorded-run.ts";
import { keysIn, oneOfEachShape, type RecordedMessage } from "./recorded-tape.ts";

// `node test/relay/wire/record-messages.ts`: what this version says, for later ones to be tested
// against. It is run once for each minor version, before that is released.
const cluster = await startTestCluster();
try {
  const minor = programVersion().split(".").slice(0, 2).join(".");
  const folder = join(import.meta.dirname, "recorded", minor);
  const messages = await recordRun({ url: onDatabase(cluster.appUrl, cluster.template) });
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await write(join(folder, "keys.json"), keysIn(messages));
  for (const kind of Object.keys(WIRE_KINDS)) await writeKind(folder, kind, messages);
  process.stdout.write(`${folder} written\n`);
} finally {
  await cluster.stop();
}

async function writeKind(
  folder: string,
  kind: string,
  messages: readonly RecordedMessage[],
): Promise<void> {
  const ofKind = oneOfEachShape(messages.filter((message) => message.kind === kind));
  if (ofKind.length === 0) throw new Error(`no message of the kind ${kind} was recorded`);
  await write(join(folder, `${kind}.json`), ofKind);
  await write(join(folder, `${kind}.schema.json`), messageSchema(kind));
}

async function write(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}
