import { tellEnd } from "../../dispatch/ends.ts";
import { markExecution } from "../../dispatch/inspect.ts";
import { textToRepeat } from "../../invocation/repeat.ts";
import { printAnswer } from "../../replies/plain-text.ts";
import type { ApiApp } from "../api-app.ts";
import { callerOf } from "../callers.ts";
import { ExecutionParams, NewMark, RepeatedText } from "../contracts/executions.ts";
import { Changed } from "../contracts/people.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";
import { conflict, forbidden } from "../problems.ts";
import { findVisible, mayMark } from "../visible-execution.ts";
import { noExecution } from "./executions.ts";

/** What a person can do about an execution of which nobody knows how it went. */
export function addExecutionWaysOn(app: ApiApp, { dispatch }: ApiDeps): void {
  app.post(
    "/api/v1/executions/:id/mark",
    {
      config: { permission: "signed-in" },
      schema: {
        summary: "Say how an unknown execution went; others' with site:executions-mark",
        params: ExecutionParams,
        body: NewMark,
        response: { 200: Changed, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const found = await findVisible(dispatch, caller, id, "mark");
      if (!found) return reply.code(404).send(noExecution(id));
      if (!mayMark(caller, found)) return reply.code(403).send(forbidden("site:executions-mark"));
      const key = { workspaceId: caller.workspaceId, executionId: id };
      const by = { userId: caller.userId, method: "api" };
      const state = await markExecution(dispatch.store, key, by, request.body);
      if (state !== "unknown") {
        return reply.code(409).send(conflict(`it is ${state ?? "gone"}: nothing to mark`));
      }
      await tellEnd(dispatch, key);
      return { changed: true };
    },
  );

  app.get(
    "/api/v1/executions/:id/text",
    {
      config: { permission: "signed-in" },
      schema: {
        summary: "What to say to run it again, once it has ended or is unknown",
        params: ExecutionParams,
        response: { 200: RepeatedText, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { id } = request.params;
      const found = await findVisible(dispatch, caller, id, "see");
      if (!found) return reply.code(404).send(noExecution(id));
      const repeated = await textToRepeat(dispatch.store, caller.workspaceId, found);
      if (!repeated.ok) return reply.code(409).send(conflict(printAnswer(repeated.refusal)));
      return { text: repeated.text };
    },
  );
}
