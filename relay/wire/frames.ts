/**
 * Output keeps stdout and stderr apart and in order: it is a sequence of frames, each one byte
 * for the stream, four for the length (big endian), then the bytes. Offsets and digests count
 * whole frames, so any cut between two frames can be resumed by its offset.
 */
export type OutputStream = "stdout" | "stderr";

export interface Frame {
  stream: OutputStream;
  bytes: Uint8Array;
}

/** A longer piece of output becomes several frames. */
export const MAX_FRAME_BYTES = 32 * 1024;
/** What stands before the bytes of each frame. */
export const HEAD_BYTES = 5;

export function encodeFrames(stream: OutputStream, bytes: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += MAX_FRAME_BYTES) {
    const piece = bytes.subarray(at, at + MAX_FRAME_BYTES);
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt8(stream === "stdout" ? 1 : 2, 0);
    head.writeUInt32BE(piece.length, 1);
    pieces.push(head, piece);
  }
  return Buffer.concat(pieces);
}

/** Undefined when the bytes are not whole frames. */
export function decodeFrames(bytes: Uint8Array): Frame[] | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  let at = 0;
  while (at < view.length) {
    if (view.length - at < HEAD_BYTES) return undefined;
    const kind = view.readUInt8(at);
    const length = view.readUInt32BE(at + 1);
    const end = at + HEAD_BYTES + length;
    if ((kind !== 1 && kind !== 2) || length > MAX_FRAME_BYTES || end > view.length)
      return undefined;
    frames.push({
      stream: kind === 1 ? "stdout" : "stderr",
      bytes: view.subarray(at + HEAD_BYTES, end),
    });
    at = end;
  }
  return frames;
}

/** Where the frame that begins at `at` ends; its head must be there. */
export function frameEnd(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return at + HEAD_BYTES + view.getUint32(at + 1);
}

/** How many of the first bytes are whole frames and at most `limit`, or the first frame's length. */
export function wholeFrames(bytes: Uint8Array, limit: number): number {
  let at = 0;
  while (bytes.length - at >= HEAD_BYTES) {
    const end = frameEnd(bytes, at);
    if (end > bytes.length || (at > 0 && end > limit)) break;
    at = end;
  }
  return at;
}
