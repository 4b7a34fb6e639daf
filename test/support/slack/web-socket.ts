import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** The server's end of one WebSocket (RFC 6455), as far as Socket Mode needs it. */
export interface Socket {
  send(text: string): void;
  onText(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
  /** Closes properly. */
  close(): void;
  /** Cuts the connection. */
  cut(): void;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const [TEXT, CLOSE, PING, PONG] = [0x1, 0x8, 0x9, 0xa];

export function acceptSocket(request: IncomingMessage, stream: Duplex): Socket {
  const key = request.headers["sec-websocket-key"] ?? "";
  const accept = createHash("sha1").update(`${key}${GUID}`).digest("base64");
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  let onText: (text: string) => void = () => {};
  let pending = Buffer.alloc(0);
  let parts: Buffer[] = [];
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let frame = readFrame(pending); frame; frame = readFrame(pending)) {
      pending = pending.subarray(frame.end);
      take(frame);
    }
  });

  function take({ opcode, isLast, payload }: Frame): void {
    if (opcode === PING) stream.write(frameOf(PONG ?? 0, payload));
    if (opcode === CLOSE) stream.end(frameOf(CLOSE ?? 0, payload.subarray(0, 2)));
    if (opcode !== TEXT && opcode !== 0) return;
    parts.push(payload);
    if (!isLast) return;
    const text = Buffer.concat(parts).toString();
    parts = [];
    onText(text);
  }

  return {
    send: (text) => void stream.write(frameOf(TEXT ?? 0, Buffer.from(text))),
    onText: (listener) => {
      onText = listener;
    },
    onClose: (listener) => void stream.once("close", listener),
    close: () => void stream.write(frameOf(CLOSE ?? 0, Buffer.from([0x03, 0xe8]))),
    cut: () => void stream.destroy(),
  };
}

interface Frame {
  opcode: number;
  isLast: boolean;
  payload: Buffer;
  end: number;
}

/** The frame that the bytes begin with; undefined while it is not whole. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const isMasked = (bytes.readUInt8(1) & 0x80) !== 0;
  const start = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (bytes.length < start) return undefined;
  const length =
    lengthBytes === 2
      ? bytes.readUInt16BE(2)
      : lengthBytes === 8
        ? Number(bytes.readBigUInt64BE(2))
        : short;
  if (bytes.length < start + length) return undefined;
  const payload = Buffer.from(bytes.subarray(start, start + length));
  if (isMasked) unmask(payload, bytes.subarray(start - 4, start));
  const first = bytes.readUInt8(0);
  return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload, end: start + length };
}

function unmask(payload: Buffer, mask: Buffer): void {
  for (let at = 0; at < payload.length; at++) {
    payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
  }
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  head.writeUInt8(0x80 | opcode, 0);
  if (head.length === 2) head.writeUInt8(payload.length, 1);
  if (head.length === 4) {
    head.writeUInt8(126, 1);
    head.writeUInt16BE(payload.length, 2);
  }
  if (head.length === 10) {
    head.writeUInt8(127, 1);
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}
