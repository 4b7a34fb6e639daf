import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Recovered, recover } from "../execution/recover.ts";
import { SpoolSpace } from "../execution/spool-space.ts";
import { ensureKeys, type Identity, readKeyList } from "../identity.ts";
import type { Images } from "../images/images.ts";
import { type Journal, openJournal } from "../journal/journal.ts";
import { type Clock, systemClock } from "../process/clock.ts";
import { type Disk, realDisk } from "../process/disk.ts";
import type { Logger } from "../process/logger.ts";
import type { Engines } from "../runtime/detect.ts";
import { engineRuntime } from "../runtime/engine/engine.ts";
import type { IsolationWish } from "../runtime/native/choose-isolation.ts";
import { openStarter } from "../runtime/native/open-starter.ts";
import { nativeRuntime } from "../runtime/native.ts";
import { sweepWorkDirectories } from "../runtime/native-directory.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { randomName } from "../wire/ids.ts";
import { type KeyList, verifyKeyList } from "../wire/key-list.ts";
import type { SigningKey } from "../wire/keys.ts";
import { type TakenUp, type TakeUpDeps, takeUpEngines } from "./take-up-engines.ts";

/** All that an agent needs of its host, before there is a bus. */
export interface Prepared {
  key: SigningKey;
  keyList: KeyList;
  /** Drawn anew: this is another life of the relay. */
  epoch: string;
  journal: Journal;
  disk: Disk;
  clock: Clock;
  spoolDirectory: string;
  space: SpoolSpace;
  /** Those that are usable; an engine that answers later is added. */
  runtimes: readonly ContainerRuntime[];
  engines: TakenUp;
  recovered: readonly Recovered[];
}

export interface PrepareOptions {
  killGraceMs: number;
  /** Default: nothing but a process group. */
  nativeIsolation?: IsolationWish;
  /** What all unconfirmed output may take on the disk. */
  spoolLimitBytes: number;
  /** How many executions run at once. */
  capacity: number;
  /** Where containers run: those that answer on this host now. */
  findEngines(): Promise<Engines>;
  openImages(socket: string): Promise<Images>;
  /** In place of what this host has. */
  runtimes?: readonly ContainerRuntime[] | undefined;
  log: Logger;
}

/** Takes up what an earlier life left: ends what still runs, and removes what nobody needs. */
export async function prepareAgent(
  directory: string,
  identity: Identity,
  options: PrepareOptions,
): Promise<Prepared> {
  const keyList = await heldKeyList(directory, identity.authority);
  const { signing: key } = await ensureKeys(directory);
  const directoryPrefix = join(tmpdir(), `aldis-${identity.relayId}-`);
  const { killGraceMs, log } = options;
  const starter = await openStarter(options.nativeIsolation ?? "none", log);
  const native = nativeRuntime({ killGraceMs, directoryPrefix, starter });
  const runtimes = [...(options.runtimes ?? [native])];
  const spoolDirectory = join(directory, "spool");
  await mkdir(spoolDirectory, { recursive: true, mode: 0o700 });
  const journal = await openJournal(join(directory, "journal"));
  const find = finder(identity, options);
  const engines = await takeUpEngines({ find, runtimes, clock: systemClock, log });
  try {
    const { spoolLimitBytes: limitBytes, capacity: executions } = options;
    const space = new SpoolSpace({ limitBytes, executions });
    const host = { disk: realDisk, clock: systemClock, space };
    const held = { ...host, key, epoch: randomName(), journal, spoolDirectory, runtimes };
    const recovered = await recover({ ...held, link: { ...held, log } });
    if (recovered.length > 0) log.info({ count: recovered.length }, "executions recovered");
    await sweepWorkDirectories(directoryPrefix);
    return { ...held, keyList, engines, recovered };
  } catch (error) {
    await Promise.all([journal.close(), engines.stop()]);
    throw error;
  }
}

function finder({ relayId }: Identity, options: PrepareOptions): TakeUpDeps["find"] {
  const { killGraceMs, log, openImages } = options;

  return async (known) => {
    const engines = options.runtimes ? {} : await options.findEngines();
    const names = (["docker", "podman"] as const).filter((name) => !known.has(name));
    return names.flatMap((name) => {
      const socket = engines[name]?.socket;
      if (socket === undefined) return [];
      const runtime = engineRuntime({ name, socket, relayId, killGraceMs, log });
      return [{ runtime, openImages: () => openImages(socket) }];
    });
  };
}

async function heldKeyList(directory: string, authority: string): Promise<KeyList> {
  const check = await verifyKeyList((await readKeyList(directory)) ?? "", authority);
  if (check.ok) return check.list;
  throw new Error(`the key list in ${directory} does not hold (${check.reason}): join again`);
}
