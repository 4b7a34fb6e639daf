import { once } from "node:events";
import { createProgress, momentOf } from "./audit.ts";
import type { Client } from "./client.ts";

/** Writes the export as it comes; a slow reader slows the bot down, and nothing gathers here. */
export async function exportAudit(client: Client, options: { since?: string }): Promise<number> {
  const query = new URLSearchParams();
  if (options.since) query.set("since", momentOf(options.since));
  const progress = createProgress();
  let count = 0;
  for await (const piece of openExport(client, query)) {
    count += piece.split("\n").length - 1;
    progress.show(count);
    if (!process.stdout.write(piece)) await once(process.stdout, "drain");
  }
  progress.end();
  return 0;
}

/** The live export, in pieces of text. */
export async function* openExport(client: Client, query: URLSearchParams): AsyncGenerator<string> {
  const ending = new AbortController();
  try {
    const { body } = await client.open(`audit/export?${query}`, {}, ending.signal);
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) yield decoder.decode(chunk, { stream: true });
  } finally {
    ending.abort();
  }
}
