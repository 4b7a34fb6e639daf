import type { OutputStream } from "../../wire/frames.ts";

export interface Piece {
  stream: OutputStream;
  bytes: Uint8Array;
}

const HEAD_BYTES = 8;
const STDERR = 2;

/**
 * Takes what an engine says of a container's output apart: each frame is one byte for the stream,
 * three of nothing, four for the length (big endian), and that many bytes. A frame may come in any
 * number of chunks; what is there of it is handed on at once.
 */
export async function* demultiplex(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let head = Buffer.alloc(0);
  let left = 0;
  let stream: OutputStream = "stdout";
  for await (const chunk of chunks) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left > 0) {
        const bytes = rest.subarray(0, left);
        left -= bytes.length;
        rest = rest.subarray(bytes.length);
        yield { stream, bytes };
        continue;
      }
      const missing = HEAD_BYTES - head.length;
      head = Buffer.concat([head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (head.length < HEAD_BYTES) break;
      stream = head[0] === STDERR ? "stderr" : "stdout";
      left = head.readUInt32BE(4);
      head = Buffer.alloc(0);
    }
  }
}
