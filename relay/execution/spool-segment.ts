import type { Disk, DiskFile } from "../process/disk.ts";
import { OutputDigest } from "../wire/output-digest.ts";

/**
 * Where a segment stands in the whole output: what came before it may be gone from the disk, but
 * not the chain over it.
 */
export interface SegmentPlace {
  number: number;
  start: number;
  chain: Uint8Array;
}

const CHAIN_BYTES = 32;
/** Chain and start; the first segment needs neither. */
export const SEGMENT_HEAD_BYTES = CHAIN_BYTES + 8;

const FIRST: SegmentPlace = { number: 0, start: 0, chain: new OutputDigest().chain() };

/** The first file of a spool has the spool's own name. */
export function segmentPath(spoolPath: string, number: number): string {
  return number === 0 ? spoolPath : `${spoolPath}.${number}`;
}

/** One file of a spool. It keeps itself open only while it is written or read. */
export class Segment {
  readonly place: SegmentPlace;
  /** Without the head. */
  length = 0;

  readonly #disk: Disk;
  readonly #path: string;
  readonly #headBytes: number;
  #file: Promise<DiskFile> | undefined;
  #uses = 0;
  #isSealed = false;
  #isSynced = false;

  constructor(disk: Disk, spoolPath: string, place: SegmentPlace, file: DiskFile) {
    this.#disk = disk;
    this.#path = segmentPath(spoolPath, place.number);
    this.#headBytes = place.number === 0 ? 0 : SEGMENT_HEAD_BYTES;
    this.#file = Promise.resolve(file);
    this.place = place;
  }

  get end(): number {
    return this.place.start + this.length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#use((file) => file.write(bytes, this.#headBytes + this.length));
    } catch (error) {
      // Half of it may be there; the next life must not take that up.
      await this.truncate(this.length).catch(() => {});
      throw error;
    }
    this.length += bytes.length;
    this.#isSynced = false;
  }

  /** From this offset of the whole output on. */
  read(offset: number, maxBytes: number): Promise<Uint8Array> {
    const at = this.#headBytes + offset - this.place.start;
    return this.#use((file) => file.read(at, maxBytes));
  }

  truncate(length: number): Promise<void> {
    return this.#use((file) => file.truncate(this.#headBytes + length));
  }

  /** Resolves when what is written, the head with it, survives a power cut. */
  async sync(): Promise<void> {
    if (this.#isSynced) return;
    const { length } = this;
    await this.#use((file) => file.sync());
    this.#isSynced = length === this.length;
  }

  /** Nothing more is written to it. */
  async seal(): Promise<void> {
    this.#isSealed = true;
    await this.#closeUnused();
  }

  async remove(): Promise<void> {
    await this.seal();
    await this.#disk.remove(this.#path);
  }

  async #use<T>(act: (file: DiskFile) => Promise<T>): Promise<T> {
    this.#uses++;
    try {
      this.#file ??= this.#open();
      return await act(await this.#file);
    } finally {
      this.#uses--;
      await this.#closeUnused();
    }
  }

  async #open(): Promise<DiskFile> {
    const file = await this.#disk.openExisting(this.#path);
    if (!file) throw new Error(`${this.#path} is gone: somebody has removed the relay's output`);
    return file;
  }

  async #closeUnused(): Promise<void> {
    if (!this.#isSealed || this.#uses > 0) return;
    const file = this.#file;
    this.#file = undefined;
    await (await file?.catch(() => undefined))?.close();
  }
}

/** Where the first one is missing, so is its place: it is there from the start. */
export async function createSegment(
  disk: Disk,
  spoolPath: string,
  place: SegmentPlace = FIRST,
): Promise<Segment> {
  const file = await disk.create(segmentPath(spoolPath, place.number));
  try {
    if (place.number > 0) await file.write(headOf(place), 0);
    return new Segment(disk, spoolPath, place, file);
  } catch (error) {
    await file.close();
    await disk.remove(segmentPath(spoolPath, place.number)).catch(() => {});
    throw error;
  }
}

/** Undefined where there is none, or none whose head was written. */
export async function openSegment(
  disk: Disk,
  spoolPath: string,
  number: number,
): Promise<Segment | undefined> {
  const file = await disk.openExisting(segmentPath(spoolPath, number));
  if (!file) return undefined;
  const place = number === 0 ? FIRST : await readPlace(file, number);
  if (place) return new Segment(disk, spoolPath, place, file);
  await file.close();
  return undefined;
}

function headOf({ start, chain }: SegmentPlace): Uint8Array {
  const head = Buffer.alloc(SEGMENT_HEAD_BYTES);
  head.set(chain);
  head.writeBigUInt64BE(BigInt(start), CHAIN_BYTES);
  return head;
}

async function readPlace(file: DiskFile, number: number): Promise<SegmentPlace | undefined> {
  const head = Buffer.from(await file.read(0, SEGMENT_HEAD_BYTES));
  if (head.length < SEGMENT_HEAD_BYTES) return undefined;
  const start = Number(head.readBigUInt64BE(CHAIN_BYTES));
  return { number, start, chain: head.subarray(0, CHAIN_BYTES) };
}
