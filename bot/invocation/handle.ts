import { reach } from "../../relay/process/fault-point.ts";
import { withLogContext } from "../../relay/process/log-context.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { endInvocation, recordInvocation } from "../audit/record.ts";
import { type DispatchDeps, LIMITED, offerQueued, sendOffer } from "../dispatch/dispatch.ts";
import { BotError } from "../errors.ts";
import { refuse } from "../replies/answer.ts";
import type { BuiltInAnswer, BuiltIns } from "./built-ins.ts";
import { followExecution } from "./follow.ts";
import type { Conversation, Message } from "./message.ts";
import { type Plan, planExecution } from "./plan.ts";
import { recordingOf } from "./recording.ts";
import { nameOf } from "./resolve.ts";
import { type Understood, understand } from "./understand.ts";
import type { View, Views } from "./view.ts";

export interface HandleDeps {
  views: Views;
  dispatch: DispatchDeps;
  builtIns: BuiltIns;
  now(): Date;
}

/**
 * Where a typed line enters, whichever chat it came from, and the whole of what becomes of it:
 * understood (parsed, resolved, decided), recorded, and only then answered or offered to a relay.
 * Resolves when everything about it has been said.
 */
export async function handle(
  deps: HandleDeps,
  message: Message,
  conversation: Conversation,
): Promise<void> {
  const invocationId = uuidv7();
  await withLogContext({ invocationId }, async () => {
    for (;;) {
      const view = await readView(deps, message);
      const understood = understand(view, message, deps.now());
      if (understood.kind === "ignored") return;

      const plan = planExecution(deps.dispatch, view, message, understood, invocationId);
      const recording = recordingOf(deps.dispatch, view, message, understood, plan, invocationId);
      const recorded = await recordInvocation(deps.dispatch.store, recording);
      if (recorded === "duplicate") return;
      if (recorded !== "stale") {
        if (plan) reach("recorded", plan.executionId);
        conversation.accepted({ invocationId, ...(plan && { executionId: plan.executionId }) });
        const isLimited = recorded === "limited";
        return carryOut(deps, message, conversation, { understood, plan, isLimited, invocationId });
      }
      // Who may do what has changed since the view was read: nothing was written, decide again.
      deps.views.forget(message.workspaceId);
    }
  });
}

interface RecordedInvocation {
  understood: Exclude<Understood, { kind: "ignored" }>;
  plan: Plan | undefined;
  /** It waits, because as many as may run at once already do. */
  isLimited: boolean;
  invocationId: string;
}

async function carryOut(
  deps: HandleDeps,
  message: Message,
  conversation: Conversation,
  { understood, plan, isLimited, invocationId }: RecordedInvocation,
): Promise<void> {
  if (understood.kind === "refused") return conversation.tell(understood.answer);
  const { request } = understood;
  if (!plan) {
    const answer: BuiltInAnswer = await deps.builtIns.run(request, message).catch(answerToFault);
    const outcome = answer.tone === "ok" ? "succeeded" : "failed";
    await endInvocation(deps.dispatch.store, message.workspaceId, invocationId, outcome);
    await conversation.tell(answer);
    if (answer.next !== undefined) await sayNext(deps, message, conversation, answer.next);
    return;
  }
  const { executionId, work } = plan;
  const view = conversation.follow({ executionId, command: nameOf(request.target) });
  const ended = followExecution(deps.dispatch.live, executionId, view);
  // Awaited below; what fails before that must not count as unhandled.
  ended.catch(() => {});
  try {
    const { first } = plan;
    if (isLimited) deps.dispatch.live.state(executionId, "waiting", LIMITED);
    else if (first) await sendOffer(deps.dispatch, work, first.candidate, first.offer);
    else await offerQueued(deps.dispatch, work);
  } catch (error) {
    // It is recorded: the sweep offers it again, and its end will be told here.
    deps.dispatch.log.warn({ err: error, executionId }, "an offer met a fault");
  }
  await ended;
  reach("answer-posted", executionId);
}

/** One line has led to another: an invocation of its own, under a name that nobody else uses. */
function sayNext(
  deps: HandleDeps,
  message: Message,
  conversation: Conversation,
  text: string,
): Promise<void> {
  const messageId = `${message.messageId}/next`;
  return handle(deps, { ...message, messageId, text }, conversation);
}

/** Nothing is recorded before this, so a fault here means that nothing was run. */
async function readView(deps: HandleDeps, message: Message): Promise<View> {
  try {
    return await deps.views.read(message.workspaceId, message.caller);
  } catch (cause) {
    const line = "the database cannot be reached: nothing was run, try again";
    throw new BotError("database-unavailable", line, { cause });
  }
}

/** What to tell a caller whose invocation met a fault; undefined if the fault is nobody's business. */
export function answerToFault(error: unknown): ReturnType<typeof refuse> {
  const isKnown = error instanceof BotError;
  return refuse(
    isKnown ? error.message : "something went wrong here; the log of the bot says what",
  );
}
