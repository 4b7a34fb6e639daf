import { eraseDetail } from "../../audit/erase.ts";
import { recordEvent } from "../../audit/event.ts";
import { exportAudit } from "../../audit/export.ts";
import type { AuditFilter } from "../../audit/filter.ts";
import { readAuditPage } from "../../audit/read.ts";
import type { ApiApp } from "../api-app.ts";
import { type Caller, callerOf } from "../callers.ts";
import {
  AuditPage,
  AuditQuery,
  EraseDetail,
  ErasedDetail,
  EventParams,
  ExportQuery,
  FollowAudit,
  FollowHeaders,
} from "../contracts/audit.ts";
import type { ApiDeps } from "../deps.ts";
import { followAudit } from "../follow-audit.ts";
import { problems } from "../openapi.ts";
import { conflict, notFound } from "../problems.ts";
import { createTextStreams } from "../text-streams.ts";

const read = { permission: "site:audit-read" } as const;

/** Whoever reads the audit is on record too, with what was asked for. */
export function addAuditRoutes(app: ApiApp, deps: ApiDeps): void {
  const streams = createTextStreams(app, deps.log);
  addReading(app, deps);
  addFollowing(app, deps, streams);
  addExport(app, deps, streams);
  addErasing(app, deps);
}

type Streams = ReturnType<typeof createTextStreams>;

function addReading(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps.dispatch;
  app.get(
    "/api/v1/audit/events",
    {
      config: read,
      schema: {
        summary: "The audit, newest first: one line per invocation and per other event",
        querystring: AuditQuery,
        response: { 200: AuditPage, ...problems },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { before, limit, ...asked } = request.query;
      await recordReading(deps, caller, "audit.read", { ...asked, before, limit });
      const page = { before, limit };
      const found = await readAuditPage(store, caller.workspaceId, filterOf(asked), page);
      return { events: found.lines, next: found.next };
    },
  );
}

function addFollowing(app: ApiApp, deps: ApiDeps, { open, eventStream }: Streams): void {
  app.get(
    "/api/v1/audit/events/follow",
    {
      config: read,
      schema: {
        summary: "Follow the audit: each event as it is linked, its number in the chain as id",
        querystring: FollowAudit,
        headers: FollowHeaders,
        response: { 200: eventStream, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { workspaceId } = caller;
      const after = request.headers["last-event-id"];
      await recordReading(deps, caller, "audit.read", { ...request.query, follow: true, after });
      const from = after === undefined ? undefined : Number(after);
      const filter = filterOf(request.query);
      return open(reply, "text/event-stream", (signal) =>
        followAudit(deps.dispatch.store, { workspaceId, filter, from }, signal),
      );
    },
  );
}

function addExport(app: ApiApp, deps: ApiDeps, { open, ndjson }: Streams): void {
  app.get(
    "/api/v1/audit/export",
    {
      config: read,
      schema: {
        summary: "The chain as it is stored, for whoever wants to check it; see docs/audit.md",
        querystring: ExportQuery,
        response: { 200: ndjson, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { since, purpose } = request.query;
      const kind = purpose === "verify" ? "audit.verified" : "audit.exported";
      await recordReading(deps, caller, kind, { since });
      const from = since === undefined ? undefined : new Date(since);
      return open(reply, "application/x-ndjson", () =>
        exportAudit(deps.dispatch.store, caller.workspaceId, from),
      );
    },
  );
}

function addErasing(app: ApiApp, { dispatch }: ApiDeps): void {
  app.post(
    "/api/v1/audit/events/:id/erase",
    {
      config: { permission: "site:audit-erase" },
      schema: {
        summary: "Erase the detail of an event for good; the event itself stays",
        params: EventParams,
        body: EraseDetail,
        response: { 200: ErasedDetail, ...problems },
      },
    },
    async (request, reply) => {
      const { workspaceId, userId } = callerOf(request);
      const { id } = request.params;
      const by = { userId, method: "api", reason: request.body.reason };
      const outcome = await eraseDetail(dispatch.store, workspaceId, id, by);
      if (outcome === "a reason") {
        return reply.code(409).send(conflict("the reason of an erasing cannot be erased"));
      }
      if (outcome !== "no such event") return { outcome };
      return reply.code(404).send(notFound(`no audit event ${id}`));
    },
  );
}

function recordReading(
  { dispatch }: ApiDeps,
  { workspaceId, userId }: Caller,
  kind: string,
  detail: Record<string, unknown>,
): Promise<void> {
  const event = { kind, method: "api", actorId: userId, detail };
  return recordEvent(dispatch.store, workspaceId, event);
}

interface Asked extends Omit<AuditFilter, "since" | "until"> {
  since?: string | undefined;
  until?: string | undefined;
}

function filterOf({ since, until, ...rest }: Asked): AuditFilter {
  return {
    ...rest,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}
