import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCleanup } from "../../relay/process/cleanup.ts";
import { type Caller, createCaller } from "./caller.ts";
import { type CutProxy, startCutProxy } from "./cut-proxy.ts";
import { freePort } from "./free-port.ts";
import { createHost, type Host } from "./host.ts";
import { makeMarksFile, markingBundle, type Timeouts } from "./marking.ts";
import { runProgram } from "./program.ts";
import { type Nats, type Postgres, startNats, startPostgres } from "./servers.ts";

export interface LandscapeOptions {
  bots: number;
  relays: number;
  timeouts?: Timeouts;
  /** More settings, of bots and relays alike. */
  settings?: Readonly<Record<string, string>>;
}

/** A whole Aldis of real processes, with a wire to cut between each of them and its servers. */
export interface Landscape {
  postgres: Postgres;
  nats: Nats;
  bots: Host[];
  relays: Host[];
  /** From each bot and relay to NATS, by the host's name. */
  natsWires: ReadonlyMap<string, CutProxy>;
  /** From each bot to Postgres, by the host's name. */
  databaseWires: ReadonlyMap<string, CutProxy>;
  caller: Caller;
  marks: string;
  folder: string;
  stop(): Promise<void>;
}

/** Short waits: a test should not have to wait for what a person would not notice. */
const SETTINGS = {
  ALDIS_LOG_LEVEL: "info",
  ALDIS_RELAY_NATIVE: "probe",
  ALDIS_RELAY_CAPACITY: "16",
  ALDIS_RELAY_HEARTBEAT: "300ms",
  ALDIS_RELAY_CLAIM_TIMEOUT: "500ms",
  ALDIS_RELAY_CONFIRM_TIMEOUT: "500ms",
  ALDIS_RELAY_RETRY_MAX: "400ms",
  ALDIS_DISPATCH_SWEEP_INTERVAL: "200ms",
  ALDIS_DISPATCH_RELAY_SILENCE: "3s",
};

export async function openLandscape(options: LandscapeOptions): Promise<Landscape> {
  const cleanup = createCleanup({ deadlineMs: 60_000 });
  try {
    return await open(options, cleanup);
  } catch (error) {
    await cleanup.stop();
    throw error;
  }
}

type Cleanup = ReturnType<typeof createCleanup>;

async function open(options: LandscapeOptions, cleanup: Cleanup): Promise<Landscape> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-faults-"));
  cleanup.add("folder", () => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o711);
  const marks = join(folder, "marks");
  await makeMarksFile(marks);
  const postgres = await startPostgres(folder);
  cleanup.add("postgres", () => postgres.stop());
  const nats = await startNats();
  cleanup.add("nats", () => nats.stop());

  const natsWires = new Map<string, CutProxy>();
  const databaseWires = new Map<string, CutProxy>();
  const wire = async (
    wires: Map<string, CutProxy>,
    name: string,
    to: { port: number } | string,
  ) => {
    const target = typeof to === "string" ? { path: to } : { host: "127.0.0.1", port: to.port };
    const proxy = await startCutProxy(target);
    cleanup.add(`wire of ${name}`, () => proxy.stop());
    wires.set(name, proxy);
    return proxy.port;
  };
  const natsOf = async (name: string) =>
    `nats://127.0.0.1:${await wire(natsWires, name, { port: nats.port })}`;

  const bots: Host[] = [];
  for (const name of namesOf("bot", options.bots)) {
    const databasePort = await wire(databaseWires, name, postgres.socketPath);
    bots.push(
      createHost("bot", name, {
        ...SETTINGS,
        ...options.settings,
        // One data directory, for its keys: all bots of a workspace share the master key.
        ALDIS_DATA_DIR: join(folder, "bots"),
        ALDIS_NATS_URL: await natsOf(name),
        ALDIS_DATABASE_URL: throughPort(postgres.appUrl, databasePort),
        ALDIS_DATABASE_OWNER_URL: throughPort(postgres.ownerUrl, databasePort),
        ALDIS_API_ADDRESS: `127.0.0.1:${await freePort()}`,
      }),
    );
  }
  const relays: Host[] = [];
  for (const name of namesOf("relay", options.relays)) {
    const env = { ALDIS_DATA_DIR: join(folder, name), ALDIS_NATS_URL: await natsOf(name) };
    relays.push(createHost("relay", name, { ...SETTINGS, ...options.settings, ...env }));
  }
  for (const host of [...bots, ...relays]) cleanup.add(host.name, () => host.kill());
  const [first, ...others] = bots;
  // The first one makes the keys that all share.
  await first?.start();
  const caller = await settleIn(bots, relays, { folder, marks, ...options });
  await Promise.all([...others, ...relays].map((host) => host.start()));
  const stop = async () => void (await cleanup.stop());
  return { postgres, nats, bots, relays, natsWires, databaseWires, caller, marks, folder, stop };
}

/** Installs the bundle and lets the relays join. */
async function settleIn(
  bots: readonly Host[],
  relays: readonly Host[],
  { folder, marks, timeouts }: { folder: string; marks: string; timeouts?: Timeouts },
): Promise<Caller> {
  const urls = bots.map(({ env }) => `http://${env.ALDIS_API_ADDRESS}`);
  const tokenFile = join(folder, "bots/admin.token");
  const env = { ALDIS_URL: urls[0] ?? "", ALDIS_TOKEN_FILE: tokenFile };
  const bundle = join(folder, "probe.yaml");
  await writeFile(bundle, markingBundle(marks, timeouts));
  await runProgram(["bundle", "install", bundle, "--enable"], env);
  await Promise.all(relays.map((relay) => letJoin(relay, env)));
  return createCaller(urls, tokenFile);
}

async function letJoin(relay: Host, asAdministrator: Host["env"]): Promise<void> {
  await mkdir(relay.env.ALDIS_DATA_DIR ?? "", { recursive: true, mode: 0o700 });
  const said = await runProgram(["relay", "enrol", "--name", relay.name], asAdministrator);
  const token = /aldis-join-\S+/.exec(said.join("\n"))?.[0] ?? "";
  await runProgram(["relay", "join", token], relay.env);
}

function namesOf(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${index + 1}`);
}

function throughPort(url: string, port: number): string {
  const { username, password, pathname } = new URL(url);
  return `postgres://${username}:${password}@127.0.0.1:${port}${pathname}`;
}
