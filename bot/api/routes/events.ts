import { Readable } from "node:stream";
import { z } from "zod";
import type { ApiApp } from "../api-app.ts";
import { callerOf } from "../callers.ts";
import { EventHeaders, parsePosition } from "../contracts/events.ts";
import { ExecutionParams } from "../contracts/executions.ts";
import type { ApiDeps } from "../deps.ts";
import { followEvents } from "../follow-events.ts";
import { problems } from "../openapi.ts";
import { findVisible } from "../visible-execution.ts";
import { noExecution } from "./executions.ts";

/** A stream is sent, which no schema checks. */
const eventStream: { content: Record<string, { schema: z.ZodType }> } = {
  content: { "text/event-stream": { schema: z.string() } },
};

export function addEventRoutes(app: ApiApp, { dispatch, log }: ApiDeps): void {
  const stopping = new AbortController();
  app.addHook("preClose", async () => stopping.abort());

  app.get(
    "/api/v1/executions/:id/events",
    {
      config: { permission: "signed-in" },
      schema: {
        summary: "Follow an execution: `state`, `output` and, last, `ended`",
        params: ExecutionParams,
        headers: EventHeaders,
        response: { 200: eventStream, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const found = await findVisible(dispatch, caller, id, "see");
      if (!found) return reply.code(404).send(noExecution(id));
      const key = { workspaceId: caller.workspaceId, executionId: id };
      const from = parsePosition(request.headers["last-event-id"]);
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const signal = AbortSignal.any([gone.signal, stopping.signal]);
      const events = followEvents(dispatch, key, from, signal);
      const stream = Readable.from(events);
      stream.on("error", (err) => log.warn({ err, executionId: id }, "an event stream broke"));
      return reply.type("text/event-stream").send(stream);
    },
  );
}
