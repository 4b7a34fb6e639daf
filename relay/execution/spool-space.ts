export interface SpoolSpaceOptions {
  /** What all output on the disk may take together. */
  limitBytes: number;
  /** So many executions may print at once without one having to wait for another's end. */
  executions: number;
}

/** The largest that an execution may always have, whatever the others do. */
const MOST_RESERVED_BYTES = 256 * 1024;
const MOST_SEGMENT_BYTES = 4 * 1024 * 1024;

interface Waiting {
  share: SpoolShare;
  bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The room that all spools of a relay share. Each one that grows, or may begin to, has a small
 * part for itself, so that it can go on once its own output is confirmed even where that of the
 * others never is; for the rest they queue, first come, first served.
 *
 * ```
 * sum over all spools of (what it uses, at least its own part while it grows) ≤ limit
 * ```
 */
export class SpoolSpace {
  readonly limitBytes: number;
  readonly reservedBytes: number;
  /** After so much a spool begins another file; with several, the first can go. */
  readonly segmentBytes: number;
  usedBytes = 0;

  readonly #waiting: Waiting[] = [];
  readonly #shares = new Set<SpoolShare>();
  readonly #executions: number;
  #claimedBytes = 0;
  #growing = 0;

  constructor({ limitBytes, executions }: SpoolSpaceOptions) {
    const part = Math.floor(limitBytes / 2 / Math.max(1, executions));
    this.limitBytes = limitBytes;
    this.#executions = executions;
    this.reservedBytes = Math.max(1024, Math.min(MOST_RESERVED_BYTES, part));
    this.segmentBytes = Math.min(MOST_SEGMENT_BYTES, Math.ceil(limitBytes / 4));
  }

  /** How many executions wait for room. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** `onShort` is called when somebody has to wait: what is confirmed should go now. */
  join(onShort: () => void): SpoolShare {
    return new SpoolShare(this, onShort);
  }

  /** For shares only. */
  take(share: SpoolShare, bytes: number): Promise<void> {
    const mustQueue = this.#waiting.length > 0 && !this.#isOwnPart(share, bytes);
    if (!mustQueue && this.#tryGrant(share, bytes)) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (share.refusal) return Promise.reject(share.refusal);
    this.#waiting.push({ share, bytes, resolve, reject });
    for (const each of this.#shares) each.onShort();
    return promise;
  }

  /** For shares only: what this one uses or may still use has changed. */
  settle(share: SpoolShare, change: { usedBytes: number; isGrowing: boolean }): void {
    const before = share.claimedBytes();
    const isLess = change.usedBytes < share.usedBytes;
    this.usedBytes += change.usedBytes - share.usedBytes;
    this.#growing += Number(change.isGrowing) - Number(share.isGrowing);
    share.usedBytes = change.usedBytes;
    share.isGrowing = change.isGrowing;
    const after = share.claimedBytes();
    this.#claimedBytes += after - before;
    if (after > 0) this.#shares.add(share);
    else this.#shares.delete(share);
    if (isLess || after < before) this.#grantWaiting();
  }

  /** For shares only: this one does not wait any longer. */
  refuse(share: SpoolShare, error: Error): void {
    const own = this.#waiting.filter((each) => each.share === share);
    for (const each of own) this.#remove(each).reject(error);
    this.#grantWaiting();
  }

  /** The first in the queue waits for room; whoever needs only its own part need not. */
  #grantWaiting(): void {
    let mayTakeMore = true;
    for (const each of [...this.#waiting]) {
      if (!mayTakeMore && !this.#isOwnPart(each.share, each.bytes)) continue;
      if (this.#tryGrant(each.share, each.bytes)) this.#remove(each).resolve();
      else mayTakeMore = false;
    }
  }

  #remove(waiting: Waiting): Waiting {
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    return waiting;
  }

  #tryGrant(share: SpoolShare, bytes: number): boolean {
    const wanted = this.#wanted(share, bytes);
    const keptBytes = share.isGrowing ? this.#keptForOthers() : 0;
    if (wanted > 0 && this.#claimedBytes + wanted + keptBytes > this.limitBytes) return false;
    this.settle(share, { usedBytes: share.usedBytes + bytes, isGrowing: true });
    return true;
  }

  /** It uses, or begins to claim, what is kept for it. */
  #isOwnPart(share: SpoolShare, bytes: number): boolean {
    return !share.isGrowing || this.#wanted(share, bytes) <= 0;
  }

  /** Parts of those that may begin to print; at most half of the room. */
  #keptForOthers(): number {
    return Math.max(0, this.#executions - this.#growing) * this.reservedBytes;
  }

  /** By how much its claim would grow. */
  #wanted(share: SpoolShare, bytes: number): number {
    return Math.max(this.reservedBytes, share.usedBytes + bytes) - share.claimedBytes();
  }
}

/** What one spool has of the room. */
export class SpoolShare {
  usedBytes = 0;
  /** It may ask for more, and its own part is kept for it. */
  isGrowing = false;
  /** Why it no longer waits. */
  refusal: Error | undefined;
  readonly onShort: () => void;

  readonly #space: SpoolSpace;

  constructor(space: SpoolSpace, onShort: () => void) {
    this.#space = space;
    this.onShort = onShort;
  }

  /** Somebody waits for room, maybe this one. */
  get isShort(): boolean {
    return this.#space.waiting > 0;
  }

  claimedBytes(): number {
    return this.isGrowing ? Math.max(this.#space.reservedBytes, this.usedBytes) : this.usedBytes;
  }

  /** Resolves when there is room for so much, at most the reserved part at once. */
  take(bytes: number): Promise<void> {
    return this.#space.take(this, bytes);
  }

  /** So much is gone from the disk, or has not come onto it. */
  give(bytes: number): void {
    const usedBytes = this.usedBytes - bytes;
    this.#space.settle(this, { usedBytes, isGrowing: this.isGrowing });
  }

  /** So much was found on the disk. */
  hold(bytes: number): void {
    const usedBytes = this.usedBytes + bytes;
    this.#space.settle(this, { usedBytes, isGrowing: this.isGrowing });
  }

  /** It will ask for nothing more. */
  stopGrowing(): void {
    this.#space.settle(this, { usedBytes: this.usedBytes, isGrowing: false });
  }

  /** Where it would have to wait it fails, from now on. */
  refuse(error: Error): void {
    this.refusal = error;
    this.#space.refuse(this, error);
  }

  leave(): void {
    this.#space.settle(this, { usedBytes: 0, isGrowing: false });
  }
}
