/** As much of Postgres' protocol as it takes to know which statement a message is about. */
export interface WireMessage {
  /** One letter; empty for what comes before the login, which has none. */
  type: string;
  bytes: Buffer;
}

/** Takes bytes as they come, and gives whole messages. */
export function createMessageReader(
  isFromClient: boolean,
  onMessage: (message: WireMessage) => void,
): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let hasType = !isFromClient;

  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const head = hasType ? 1 : 0;
      if (rest.length < head + 4) return;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return;
      const message = { type: rest.toString("latin1", 0, head), bytes: rest.subarray(0, length) };
      rest = rest.subarray(length);
      hasType = true;
      onMessage(message);
    }
  };
}

/** The SQL that a client's message is about; statements that it prepares are kept by their name. */
export function messageText({ type, bytes }: WireMessage, prepared: Map<string, string>): string {
  if (type === "Q") return stringAt(bytes, 5);
  if (type === "P") {
    const name = stringAt(bytes, 5);
    const sql = stringAt(bytes, 5 + Buffer.byteLength(name) + 1);
    prepared.set(name, sql);
    return sql;
  }
  if (type !== "B") return "";
  const portal = stringAt(bytes, 5);
  return prepared.get(stringAt(bytes, 5 + Buffer.byteLength(portal) + 1)) ?? "";
}

function stringAt(bytes: Buffer, start: number): string {
  return bytes.toString("utf8", start, bytes.indexOf(0, start));
}
