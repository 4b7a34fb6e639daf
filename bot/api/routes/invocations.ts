import { randomUUID } from "node:crypto";
import { macOfText } from "../../dispatch/mac.ts";
import type { Message } from "../../invocation/message.ts";
import type { Answer, Block } from "../../replies/answer.ts";
import { printAnswer } from "../../replies/plain-text.ts";
import type { ApiApp } from "../api-app.ts";
import { type Caller, callerOf } from "../callers.ts";
import {
  IdempotencyHeaders,
  InvocationAccepted,
  type InvocationAnswer,
  NewInvocation,
} from "../contracts/invocations.ts";
import type { ApiDeps } from "../deps.ts";
import { invoke } from "../invoke.ts";
import { problems } from "../openapi.ts";
import { problem } from "../problems.ts";
import { findInvocation } from "../recorded-invocations.ts";

export function addInvocationRoutes(app: ApiApp, deps: ApiDeps): void {
  const { store } = deps.dispatch;

  app.post(
    "/api/v1/invocations",
    {
      config: { permission: "signed-in" },
      schema: {
        summary: "Say something to the bot, as in a chat; answered once it is recorded",
        headers: IdempotencyHeaders,
        body: NewInvocation,
        response: { 201: InvocationAccepted, ...problems },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const key = request.headers["idempotency-key"] ?? randomUUID();
      const message = messageOf(caller, request.body.text, key);
      const invoked = await invoke(deps, message);
      if (invoked.kind === "refused") {
        const detail = printAnswer(invoked.answer);
        return reply
          .code(503)
          .header("retry-after", "5")
          .send(problem(503, "not-recorded", "Nothing was run", detail));
      }
      const isDuplicate = invoked.kind === "duplicate";
      const by = isDuplicate ? message : { invocationId: invoked.invocationId };
      const recorded = await findInvocation(store, caller.workspaceId, by);
      if (!recorded) throw new TypeError("an invocation is neither recorded nor refused");
      const { textMac, ...said } = recorded;
      if (isDuplicate && textMac && !isSameText(deps, textMac, message.text)) {
        return reply.code(422).send(otherText);
      }
      if (isDuplicate) reply.header("idempotency-replayed", "true");
      const answer = isDuplicate ? undefined : invoked.answer;
      return reply.code(201).send({ ...said, ...(answer && { answer: answerOf(answer) }) });
    },
  );
}

function messageOf(caller: Caller, text: string, key: string): Message {
  return {
    workspaceId: caller.workspaceId,
    adapter: "api",
    installation: "",
    channel: "api",
    // One user's key says nothing about another's.
    messageId: `${caller.userId}/${key}`,
    text,
    saidAt: new Date(),
    caller: { userId: caller.userId },
    isDirect: true,
    mentions: [],
  };
}

const otherText = problem(
  422,
  "key-reused",
  "Nothing was run",
  "this Idempotency-Key came with another text before; take a new key for a new text",
);

function isSameText({ dispatch }: ApiDeps, textMac: Buffer, text: string): boolean {
  return macOfText(dispatch.macKey, text).equals(textMac);
}

function answerOf(answer: Answer): InvocationAnswer {
  return { tone: answer.tone, text: printAnswer(answer), blocks: answer.blocks.map(blockOf) };
}

function blockOf(block: Block): InvocationAnswer["blocks"][number] {
  switch (block.kind) {
    case "text":
    case "code":
      return block;
    case "fields":
      return { kind: "fields", fields: block.fields.map((field) => [...field]) };
    case "table":
      return {
        kind: "table",
        columns: [...block.columns],
        rows: block.rows.map((row) => [...row]),
      };
  }
}
