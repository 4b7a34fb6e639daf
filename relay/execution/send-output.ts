import { createHash } from "node:crypto";
import { fromBot, fromRelay, signAsRelay, withBytes } from "../wire/envelope.ts";
import { HEAD_BYTES, MAX_FRAME_BYTES } from "../wire/frames.ts";
import { outputFor, upFrom } from "../wire/subjects.ts";
import { askOnce, pauseBefore, untilAnswered } from "./ask-bots.ts";
import type { BotLink } from "./link.ts";
import { receiptOf } from "./questions.ts";
import type { SpoolReader } from "./spool.ts";

export const MAX_PIECE_BYTES = 4 * (MAX_FRAME_BYTES + HEAD_BYTES);
/** How far the relay sends ahead of what a bot has committed. */
export const MAX_AHEAD_BYTES = 1024 * 1024;

/** An attempt whose permit a bot has given; that bot owns the reply. */
export interface PermittedAttempt {
  executionId: string;
  attempt: number;
  bot: string;
}

interface Piece {
  offset: number;
  bytes: Uint8Array;
  /** It would be cut the same at any later time. */
  isFull: boolean;
}

export interface SendOptions {
  /**
   * An earlier life of the relay has sent some of it already, in pieces that are not known here:
   * one piece at a time, each from where the bot says that the stored one ends.
   */
  resumed: boolean;
}

/**
 * Sends output until the spool has ended and all of it is confirmed; false if `signal` fires
 * first. The first piece leaves at once. While one is on its way, further output gathers into the
 * next, which leaves when it is full or when nothing else is on its way: batches without a timer.
 */
export async function sendOutput(
  link: BotLink,
  of: PermittedAttempt,
  spool: SpoolReader,
  { resumed }: SendOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const onItsWay = new Set<Piece>();
  const faults: unknown[] = [];
  const bell = createBell();
  let next = spool.start;

  function isNextFull(): boolean {
    return spool.length - next >= MAX_PIECE_BYTES;
  }

  function mayCutPiece(): boolean {
    if (next >= spool.length) return false;
    const [oldest] = onItsWay;
    if (!oldest) return true;
    // Nothing overtakes a piece that another life would cut longer: the two would overlap.
    const mayOvertake = !resumed && oldest.isFull && isNextFull();
    return mayOvertake && next + MAX_PIECE_BYTES - oldest.offset <= MAX_AHEAD_BYTES;
  }

  function dispatch(piece: Piece): void {
    onItsWay.add(piece);
    confirmPiece(link, of, piece, signal)
      .then((confirmed) => {
        // The bot may have stored more at this offset than was sent this time.
        if (resumed && confirmed !== undefined) next = Math.min(confirmed, spool.length);
      })
      .catch((error: unknown) => faults.push(error))
      .finally(() => {
        onItsWay.delete(piece);
        noteConfirmed();
        bell.ring();
      });
  }

  /** Once one was given up, nobody knows how far the others reach without a gap. */
  function noteConfirmed(): void {
    if (signal.aborted || faults.length > 0) return;
    const [oldest] = onItsWay;
    spool.confirm(oldest ? oldest.offset : next);
  }

  spool.onChange(bell.ring);
  signal.addEventListener("abort", bell.ring);
  try {
    while (!signal.aborted && faults.length === 0) {
      if (mayCutPiece()) {
        const isFull = isNextFull();
        const bytes = await spool.read(next, MAX_PIECE_BYTES);
        const piece = { offset: next, bytes, isFull };
        if (piece.bytes.length === 0) throw new Error("the spool holds less than was written");
        next += piece.bytes.length;
        dispatch(piece);
      } else if (spool.isEnded && onItsWay.size === 0) {
        return true;
      } else {
        await bell.wait();
      }
    }
  } finally {
    signal.removeEventListener("abort", bell.ring);
  }
  if (faults.length > 0) throw faults[0];
  return false;
}

/** Sends one piece until it is stored; returns where the stored output ends then. */
async function confirmPiece(
  link: BotLink,
  of: PermittedAttempt,
  piece: Piece,
  signal: AbortSignal,
): Promise<number | undefined> {
  const end = piece.offset + piece.bytes.length;
  let { offset } = piece;
  for (let attempt = 0; !signal.aborted; attempt++) {
    const stored = await sendPiece(link, of, offset, piece.bytes.subarray(offset - end), signal);
    if (stored === undefined || stored >= end) return stored;
    if (stored > offset) offset = stored;
    else await pauseBefore(link, attempt, signal);
  }
  return undefined;
}

/** Returns the offset that the receipt names; undefined once `signal` fires. */
async function sendPiece(
  link: BotLink,
  { executionId, attempt, bot }: PermittedAttempt,
  offset: number,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<number | undefined> {
  const digest = createHash("sha256").update(bytes).digest("base64url");
  const body = { executionId, attempt, offset, length: bytes.length, digest };
  const head = await signAsRelay(link.key, fromRelay.output, body);
  const payload = withBytes(head, bytes);
  async function ask(): Promise<number | undefined> {
    const answer = await askOnce(
      link,
      {
        subjects: [outputFor(link.relayId, bot), upFrom(link.relayId, "output")],
        payload,
        timeoutMs: link.waits.confirmMs,
        kind: fromBot.receipt,
        isAnswer: (receipt) => receiptOf(receipt, "output", { executionId, attempt }) !== undefined,
      },
      signal,
    );
    return receiptOf(answer?.message, "output", { executionId, attempt })?.offset;
  }
  return untilAnswered(link, ask, signal);
}

interface Bell {
  ring(): void;
  /** Resolves at the next ring, or at once if it has rung since the last wait. */
  wait(): Promise<void>;
}

function createBell(): Bell {
  let hasRung = false;
  let waiter: (() => void) | undefined;
  return {
    ring() {
      hasRung = true;
      waiter?.();
    },
    async wait() {
      if (!hasRung) await new Promise<void>((resolve) => (waiter = resolve));
      hasRung = false;
      waiter = undefined;
    },
  };
}
