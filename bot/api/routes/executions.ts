import { Readable } from "node:stream";
import { z } from "zod";
import { cancelExecution } from "../../dispatch/cancel.ts";
import { listExecutions } from "../../dispatch/executions.ts";
import { readAttempts } from "../../dispatch/inspect.ts";
import { EXECUTION_STATES } from "../../store/schema.ts";
import type { ApiApp } from "../api-app.ts";
import { callerOf } from "../callers.ts";
import {
  Cancelled,
  ExecutionDetail,
  ExecutionList,
  ExecutionParams,
  ExecutionQuery,
  OutputQuery,
} from "../contracts/executions.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { forbidden, notFound } from "../problems.ts";
import { isOutputComplete, openOutput, type StoredOutput } from "../stored-output.ts";
import {
  executionDetail,
  executionItem,
  findVisible,
  mayCancel,
  ownerShown,
} from "../visible-execution.ts";

const signedIn = { permission: "signed-in" } as const;
/** A stream is sent, which no schema checks. */
const plainText: { content: Record<string, { schema: z.ZodType }> } = {
  content: { "text/plain": { schema: z.string() } },
};
const State = z.enum(EXECUTION_STATES);

export function addExecutionRoutes(app: ApiApp, deps: ApiDeps): void {
  addReading(app, deps);
  addOutput(app, deps);
  addCancel(app, deps);
}

function addReading(app: ApiApp, { dispatch }: ApiDeps): void {
  app.get(
    "/api/v1/executions",
    {
      config: signedIn,
      schema: {
        summary: "Executions, newest first; one's own, everybody's with site:executions-read",
        querystring: ExecutionQuery,
        response: { 200: ExecutionList, ...problems },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { state, limit } = request.query;
      const userId = ownerShown(caller);
      const filter = { limit, onlyOpen: state === "open", ...(userId !== undefined && { userId }) };
      const found = await listExecutions(dispatch.store, caller.workspaceId, filter);
      return { executions: found.map((execution) => executionItem(dispatch, execution)) };
    },
  );

  app.get(
    "/api/v1/executions/:id",
    {
      config: signedIn,
      schema: {
        summary: "One execution, and every start of it",
        params: ExecutionParams,
        response: { 200: ExecutionDetail, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const found = await findVisible(dispatch, caller, request.params.id, "see");
      if (!found) return reply.code(404).send(noExecution(request.params.id));
      const starts = await readAttempts(dispatch.store, caller.workspaceId, found.id);
      return executionDetail(executionItem(dispatch, found), starts);
    },
  );
}

function addOutput(app: ApiApp, { dispatch, log }: ApiDeps): void {
  app.get(
    "/api/v1/executions/:id/output",
    {
      config: signedIn,
      schema: {
        summary: "What is stored of the output, byte for byte; `output-complete` says if it is all",
        params: ExecutionParams,
        querystring: OutputQuery,
        response: { 200: plainText, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const found = await findVisible(dispatch, caller, request.params.id, "see");
      if (!found) return reply.code(404).send(noExecution(request.params.id));
      const { workspaceId } = caller;
      const key = { workspaceId, executionId: found.id, attempt: found.attempt };
      const complete = await isOutputComplete(dispatch.store, key);
      const stored = await openOutput(dispatch.store, key, 0);
      const stream = Readable.from(bytesOf(stored, request.query.stream));
      stream.on("error", (err) => log.warn({ err, executionId: found.id }, "output broke off"));
      return reply
        .type("text/plain; charset=utf-8")
        .header("output-complete", String(complete))
        .send(stream);
    },
  );
}

async function* bytesOf(
  stored: StoredOutput,
  wanted: "stdout" | "stderr" | "both",
): AsyncGenerator<Uint8Array> {
  for (let frames = await stored.next(); frames.length > 0; frames = await stored.next()) {
    for (const { stream, bytes } of frames) {
      if (wanted === "both" || wanted === stream) yield bytes;
    }
  }
}

function addCancel(app: ApiApp, { dispatch }: ApiDeps): void {
  app.post(
    "/api/v1/executions/:id/cancel",
    {
      config: signedIn,
      schema: {
        summary: "Cancel; others' executions with site:executions-cancel",
        params: ExecutionParams,
        response: { 200: Cancelled, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const found = await findVisible(dispatch, caller, id, "cancel");
      if (!found) return reply.code(404).send(noExecution(id));
      if (!mayCancel(caller, found)) {
        return reply.code(403).send(forbidden("site:executions-cancel"));
      }
      const key = { workspaceId: caller.workspaceId, executionId: id };
      const by = { userId: caller.userId, method: "api" };
      const state = State.parse(await cancelExecution(dispatch, key, by));
      return { state, outcome: outcomeOf(state) };
    },
  );
}

function outcomeOf(found: z.infer<typeof State>): z.infer<typeof Cancelled>["outcome"] {
  if (found === "queued" || found === "offered") return "cancelled";
  return found === "started" || found === "unknown" ? "requested" : "ended";
}

export function noExecution(id: string) {
  return notFound(`no execution ${id} that you may see`);
}
