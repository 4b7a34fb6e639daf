import type { FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../../relay/process/logger.ts";
import { recordEvent } from "../audit/event.ts";
import type { Store } from "../store/pool.ts";
import type { Caller } from "./callers.ts";

const AGAIN_AFTER_MS = 60_000;
const READS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

interface Deps {
  store: Store;
  log: Logger;
}

/**
 * Puts on record each call that would have changed something and was not permitted: before it is
 * answered, and of one caller and route once a minute, so that nobody floods the audit.
 */
export function recordRefusedCalls({ store, log }: Deps) {
  const isDue = onceAMinute(() => performance.now());

  return async (request: FastifyRequest, reply: FastifyReply, payload: unknown) => {
    const { caller, method } = request;
    if (reply.statusCode !== 403 || READS.has(method) || !caller) return payload;
    const route = `${method} ${request.routeOptions.url}`;
    if (!isDue(`${caller.workspaceId}/${caller.userId} ${route}`)) return payload;
    try {
      await record(store, caller, route, request.routeOptions.config.permission);
    } catch (error) {
      log.warn({ err: error, userId: caller.userId, route }, "a refused call was not recorded");
    }
    return payload;
  };
}

/** True for each name once, and again when a minute has passed since. */
export function onceAMinute(nowMs: () => number): (name: string) => boolean {
  const saidAtMs = new Map<string, number>();
  return (name) => {
    const now = nowMs();
    // Oldest first: what is behind one that still counts is younger.
    for (const [known, atMs] of saidAtMs) {
      if (now - atMs < AGAIN_AFTER_MS) break;
      saidAtMs.delete(known);
    }
    if (saidAtMs.has(name)) return false;
    saidAtMs.set(name, now);
    return true;
  };
}

function record(
  store: Store,
  { workspaceId, userId }: Caller,
  route: string,
  permission: string | undefined,
): Promise<void> {
  return recordEvent(store, workspaceId, {
    kind: "api.refused",
    method: "api",
    actorId: userId,
    object: `route:${route}`,
    detail: { permission },
  });
}
