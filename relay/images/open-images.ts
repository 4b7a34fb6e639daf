import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../process/clock.ts";
import type { Logger } from "../process/logger.ts";
import { openCredentials } from "./credentials.ts";
import { engineImages } from "./engine-images.ts";
import { type Images, startImages } from "./images.ts";
import { openLedger } from "./ledger.ts";

export interface OpenImagesOptions {
  /** The engine's. */
  socket: string;
  /** The relay's own, where it keeps what it has pulled in mind. */
  directory: string;
  credentialsFile: string | undefined;
  minFreeBytes: number;
  keepMs: number;
  clock?: Clock;
  log: Logger;
}

/** The images of the engine on this socket. */
export async function openImages(options: OpenImagesOptions): Promise<Images> {
  const { socket, directory, credentialsFile, clock = systemClock, ...rest } = options;
  return startImages({
    ...rest,
    clock,
    engine: engineImages(socket),
    credentials: await openCredentials(credentialsFile),
    ledger: await openLedger(join(directory, "images.json")),
    freeBytesIn,
  });
}

/** Undefined where the engine's disk is not in sight, as that of an engine in a virtual machine. */
async function freeBytesIn(directory: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
