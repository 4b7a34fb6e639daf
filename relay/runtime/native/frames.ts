/** What relay and forker say to each other: length, kind, command, then the frame's own bytes. */
export const FRAME = {
  /** To the forker. */
  start: 1,
  signal: 2,
  taken: 3,
  drop: 4,
  /** To the relay. */
  begun: 10,
  stdout: 11,
  stderr: 12,
  stdoutEnd: 13,
  stderrEnd: 14,
  ended: 15,
  refused: 16,
  late: 17,
} as const;

/** How many bytes of one stream may be on their way before the relay has taken any. */
export const WINDOW_BYTES = 256 * 1024;

export interface StartRequest {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  directory: string;
  account?: { uid: number; gid: number } | undefined;
  /** By the host's monotonic clock; what has not begun by then must not begin. */
  notAfterMs?: number | undefined;
}

const HEAD_BYTES = 9;

export function encodeFrame(kind: number, id: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  frame.writeUInt32BE(body.length, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32BE(id, 5);
  frame.set(body, HEAD_BYTES);
  return frame;
}

/** How many bytes of which stream the relay has taken. */
export function encodeTaken(id: number, stream: "stdout" | "stderr", bytes: number): Buffer {
  const body = Buffer.allocUnsafe(5);
  body.writeUInt8(stream === "stdout" ? 1 : 2, 0);
  body.writeUInt32BE(bytes, 1);
  return encodeFrame(FRAME.taken, id, body);
}

export function decodeTaken(body: Buffer): { stream: "stdout" | "stderr"; bytes: number } {
  return { stream: body.readUInt8(0) === 1 ? "stdout" : "stderr", bytes: body.readUInt32BE(1) };
}

export function encodeJson(kind: number, id: number, value: unknown): Buffer {
  return encodeFrame(kind, id, Buffer.from(JSON.stringify(value)));
}

/** Calls `onFrame` for each frame that is complete; what is not waits for the next chunk. */
export function frameReader(onFrame: (kind: number, id: number, body: Buffer) => void) {
  let parts: Buffer[] = [];
  let length = 0;
  let wanted = HEAD_BYTES;

  return (chunk: Buffer): void => {
    parts.push(chunk);
    length += chunk.length;
    if (length < wanted) return;
    let rest = parts.length === 1 ? chunk : Buffer.concat(parts, length);
    wanted = frameBytes(rest);
    while (rest.length >= wanted) {
      onFrame(rest.readUInt8(4), rest.readUInt32BE(5), rest.subarray(HEAD_BYTES, wanted));
      rest = rest.subarray(wanted);
      wanted = frameBytes(rest);
    }
    parts = rest.length > 0 ? [rest] : [];
    length = rest.length;
  };
}

function frameBytes(bytes: Buffer): number {
  return bytes.length < HEAD_BYTES ? HEAD_BYTES : HEAD_BYTES + bytes.readUInt32BE(0);
}

/** The same for every process of this host since it was started. */
export function hostMonotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
