import type { Logger } from "../process/logger.ts";
import type { ImageName } from "../wire/image.ts";
import type { Credentials } from "./credentials.ts";
import { type EngineImages, type HeldImage, printName } from "./engine-images.ts";
import type { Progress } from "./engine-stream.ts";
import { digestIn, isImported, runsOn } from "./held.ts";
import type { Ledger } from "./ledger.ts";
import { wordsForPullError } from "./pull-errors.ts";

export interface FetchDeps {
  engine: EngineImages;
  credentials: Credentials;
  ledger: Ledger;
  /** Below it nothing is pulled. */
  minFreeBytes: number;
  freeBytesIn(directory: string): Promise<number | undefined>;
  clock: { wallMs(): number };
  log: Logger;
}

/** The image is here under this id and digest; or a line that says why it is not. */
export type Fetched = { ok: true; id: string; digest: string } | { ok: false; reason: string };

/** Finds an image, or pulls it. Where it is here already, no registry is asked. */
export async function fetchImage(
  deps: FetchDeps,
  image: ImageName,
  onLine: (line: Progress) => void,
): Promise<Fetched> {
  const { engine } = deps;
  const host = await engine.host();
  const held = await findHeld(engine, image);
  if (held) return whatIsHeld(held, image, host.architecture);
  const other = image.digest === undefined ? undefined : await findByTag(engine, image);
  // An imported image has come by no registry: none can have the bytes that are missing.
  if (other && isImported(other)) return refused(otherBytes(image, other));
  const full = await judgeRoom(deps, host.directory);
  if (full !== undefined) return refused(full);
  const failed = await pull(deps, image, host.architecture, onLine);
  if (failed !== undefined)
    return refused(other ? `${failed}; ${otherBytes(image, other)}` : failed);
  const pulled = await findHeld(engine, image);
  if (!pulled) return refused(`${printName(image)} was pulled, and is not there`);
  await deps.ledger.pulled(pulled.id, printName(image), deps.clock.wallMs());
  return whatIsHeld(pulled, image, host.architecture);
}

/** An image that is named by its id alone is here, or nowhere. */
export async function findById(engine: EngineImages, id: string): Promise<Fetched> {
  const held = await engine.find(id);
  if (held?.id === id) return { ok: true, id, digest: id };
  return refused(`the relay has no image ${short(id)}…: give it one with aldis relay import FILE`);
}

/** The digest may be a manifest's, or the id of an imported image. */
async function findHeld(engine: EngineImages, image: ImageName): Promise<HeldImage | undefined> {
  const found = await engine.find(printName(image));
  if (found || image.digest === undefined) return found;
  const byId = await engine.find(image.digest);
  return byId?.id === image.digest ? byId : undefined;
}

function findByTag(engine: EngineImages, { digest: _, ...image }: ImageName) {
  return image.tag === undefined ? undefined : engine.find(printName(image));
}

function whatIsHeld(held: HeldImage, image: ImageName, architecture: string): Fetched {
  if (!runsOn(architecture, held)) {
    const made = `${printName(image)} is made for ${held.architecture}`;
    return refused(`${made}, and this host is ${architecture}`);
  }
  return { ok: true, id: held.id, digest: image.digest ?? digestIn(held, image) };
}

function otherBytes(image: ImageName, other: HeldImage): string {
  const { digest: _, ...named } = image;
  return `the relay's ${printName(named)} is another image (${short(other.id)}) than the one that was enabled (${short(image.digest ?? "")}): import that one there, or enable the bundle again`;
}

function short(digest: string): string {
  return digest.slice(0, "sha256:".length + 12);
}

async function judgeRoom(
  { minFreeBytes, freeBytesIn }: FetchDeps,
  directory: string,
): Promise<string | undefined> {
  const free = await freeBytesIn(directory);
  if (free === undefined || free >= minFreeBytes) return undefined;
  const mib = Math.floor(free / 2 ** 20);
  return `only ${mib} MiB are free in ${directory}, less than relay.min_free_disk: the relay's owner has to make room before it pulls images`;
}

/** Undefined once it is here. */
async function pull(
  { engine, credentials, log }: FetchDeps,
  image: ImageName,
  architecture: string,
  onLine: (line: Progress) => void,
): Promise<string | undefined> {
  const auth = await credentials.authFor(image.registry);
  try {
    await engine.pull(image, auth, onLine);
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const reason = wordsForPullError(said, {
      image,
      architecture,
      hasCredentials: auth !== undefined,
    });
    log.warn({ image: printName(image), reason, said }, "image not pulled");
    return reason;
  }
}

function refused(reason: string): Fetched {
  return { ok: false, reason };
}
