import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Cancelled } from "../../bot/api/contracts/executions.ts";
import { createClient } from "../../bot/cli/client.ts";
import { createCleanup } from "../../relay/process/cleanup.ts";
import type { Host } from "../faults/host.ts";
import { type Landscape, openLandscape } from "../faults/landscape.ts";
import { makeMarksFile } from "../faults/marking.ts";
import { runProgram } from "../faults/program.ts";
import { type EngineName, startEngine, type TestEngine } from "../support/engines.ts";
import { waitFor } from "../support/wait.ts";

/** A whole Aldis of real processes, whose one relay runs everything in containers. */
export interface Contained {
  land: Landscape;
  engine: TestEngine;
  relay: Host;
  /** What each execution that really runs adds its id to. */
  marks: string;
  /** Where the relay puts what is to be gone soon. */
  temporary: string;
  /** Settles nothing: the relay says how it ended. */
  cancel(executionId: string): Promise<void>;
  stop(): Promise<void>;
}

const SETTINGS = {
  ALDIS_RELAY_NATIVE: "",
  ALDIS_RELAY_KILL_GRACE: "300ms",
  ALDIS_RELAY_CLAIM_TIMEOUT: "2s",
  ALDIS_RELAY_CONFIRM_TIMEOUT: "2s",
  ALDIS_RELAY_CAPACITY: "8",
};

export async function openContained(name: EngineName): Promise<Contained> {
  const cleanup = createCleanup({ deadlineMs: 120_000 });
  try {
    return await open(name, cleanup);
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

async function open(
  name: EngineName,
  cleanup: ReturnType<typeof createCleanup>,
): Promise<Contained> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-soak-"));
  cleanup.add("folder", () => rm(folder, { recursive: true, force: true }));
  const { marks, temporary, policy } = await furnish(folder);
  const engine = await startEngine(name);
  cleanup.add("engine", () => engine.stop());
  const settings = {
    ...SETTINGS,
    DOCKER_HOST: `unix://${engine.socket}`,
    TMPDIR: temporary,
    ALDIS_RELAY_POLICY_FILE: policy,
  };
  const land = await openLandscape({ bots: 1, relays: 1, settings });
  cleanup.add("landscape", () => land.stop());
  const [bot, relay] = [land.bots[0], land.relays[0]];
  if (!bot || !relay) throw new TypeError("a landscape has a bot and a relay");
  const tokenFile = join(land.folder, "bots/admin.token");
  const url = `http://${bot.env.ALDIS_API_ADDRESS}`;
  await install(folder, engine.image, { ALDIS_URL: url, ALDIS_TOKEN_FILE: tokenFile });
  const token = (await readFile(tokenFile, "utf8")).trim();
  const client = createClient({ url: new URL(url), token });
  const cancel = async (executionId: string) =>
    void (await client.post(`executions/${executionId}/cancel`, {}, Cancelled));
  const stop = async () => void (await cleanup.stop());
  return { land, engine, relay, marks, temporary, cancel, stop };
}

async function furnish(folder: string) {
  const [marked, temporary] = [join(folder, "marked"), join(folder, "temporary")];
  const [marks, policy] = [join(marked, "marks"), join(folder, "policy.yaml")];
  await chmod(folder, 0o711);
  await Promise.all([mkdir(marked), mkdir(temporary)]);
  await makeMarksFile(marks);
  const mount = `{ source: ${marked}, target: /marked, read_only: false }`;
  await writeFile(policy, `aldis_relay_policy_version: 1\nmounts: { marked: ${mount} }\n`);
  return { marks, temporary, policy };
}

async function install(folder: string, image: string, env: Record<string, string>): Promise<void> {
  const file = join(folder, "soak.yaml");
  await writeFile(file, soakBundle(image));
  const enable = async () => {
    await runProgram(["bundle", "install", file, "--enable"], env);
    return true;
  };
  // The relay has to have been heard before it can be asked about the image.
  await waitFor(() => enable().catch(() => false), { timeoutMs: 60_000, what: "the bundle" });
}

/** What `soak:print` prints, by the name of the execution, from the first line to the last. */
export function printedBy(executionId: string, lines: number): string {
  const numbers = Array.from({ length: lines }, (_, index) => index + 1);
  return numbers.map((number) => `${executionId} ${number}\n`).join("");
}

/** It leaves children behind, prints, and goes on for so many seconds. */
function soakBundle(image: string): string {
  const script = [
    'echo "$ALDIS_EXECUTION_ID" >> /marked/marks',
    "setsid sleep 600 > /dev/null 2>&1 & sleep 600 > /dev/null 2>&1 & touch /tmp/left",
    'for n in $(seq "$1"); do echo "$ALDIS_EXECUTION_ID $n"; done',
    'sleep "$2"',
  ].join("; ");
  const command = (timeout: string) =>
    [
      "    description: Prints, and goes on for a while.",
      `    executable: [/bin/sh, -c, '${script.replaceAll("& ;", "&")}', soak]`,
      "    options: {}",
      "    arguments: [{ name: lines, required: true }, { name: seconds, required: true }]",
      "    mounts: [marked]",
      "    rules: [allow]",
      `    limits: { memory: 64Mi, tmp: 1Mi, timeout: ${timeout} }`,
      "    lost_after: 60s",
    ].join("\n");
  return `aldis_bundle_version: 1
name: soak
version: 1.0.0
description: Runs in containers.
image: test/busybox:1@${image}
commands:
  print:
${command("5m")}
  hurry:
${command("1s")}
`;
}
