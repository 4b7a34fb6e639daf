/** One server-sent event. */
export interface ServerEvent {
  id: string;
  name: string;
  data: string;
}

/** Reads server-sent events; an event whose end did not arrive is not given. */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) yield event;
    }
  }
}

/** Undefined for a comment, as a heartbeat is. */
function parseEvent(block: string): ServerEvent | undefined {
  const event = { id: "", name: "message", data: "" };
  let hasData = false;
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([a-z]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "id") event.id = value;
    if (field === "event") event.name = value;
    if (field !== "data") continue;
    event.data += (hasData ? "\n" : "") + value;
    hasData = true;
  }
  return hasData ? event : undefined;
}
