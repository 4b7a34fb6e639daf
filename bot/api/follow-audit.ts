import { setTimeout as delay } from "node:timers/promises";
import type { AuditFilter } from "../audit/filter.ts";
import { readLastNumber, readLinked } from "../audit/read.ts";
import type { Store } from "../store/pool.ts";

const PAUSE_MS = 300;
const HEARTBEAT_MS = 15_000;

export interface Followed {
  workspaceId: string;
  filter: AuditFilter;
  /** Number of the last link that the caller has; undefined to begin with what comes now. */
  from: number | undefined;
}

/** Events as server-sent events, in the order in which they are linked; rows say what there is. */
export async function* followAudit(
  store: Store,
  { workspaceId, filter, from }: Followed,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let after = from ?? (await readLastNumber(store, workspaceId));
  let saidAtMs = performance.now();
  yield `id: ${after}\nevent: begin\ndata: ${after}\n\n`;
  while (!signal.aborted) {
    const { lines, upTo } = await readLinked(store, workspaceId, filter, after);
    const hasMore = upTo > after;
    after = upTo;
    const last = lines.at(-1);
    for (const line of lines) {
      // Only behind the last one is it certain that all before it were told.
      const id = line === last ? `id: ${after}\n` : "";
      yield `${id}event: event\ndata: ${JSON.stringify(line)}\n\n`;
    }
    const isDue = performance.now() - saidAtMs > HEARTBEAT_MS;
    if (isDue && lines.length === 0) yield `id: ${after}\nevent: begin\ndata: ${after}\n\n`;
    if (isDue || lines.length > 0) saidAtMs = performance.now();
    if (!hasMore) await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}
