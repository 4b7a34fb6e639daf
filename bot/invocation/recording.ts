import type { ExecutionRecord, Recording } from "../audit/record.ts";
import type { DispatchDeps } from "../dispatch/dispatch.ts";
import { macOf, macOfText } from "../dispatch/mac.ts";
import { concurrencyOf } from "./concurrency.ts";
import type { Message } from "./message.ts";
import type { Plan } from "./plan.ts";
import { storeFacts } from "./relay-rules.ts";
import type { Request, Understood } from "./understand.ts";
import type { View } from "./view.ts";

/** What goes into the record of one invocation, whatever was decided about it. */
export function recordingOf(
  dispatch: DispatchDeps,
  view: View,
  message: Message,
  understood: Exclude<Understood, { kind: "ignored" }>,
  plan: Plan | undefined,
  invocationId: string,
): Recording {
  const isRefused = understood.kind === "refused";
  const { target, verdict, text } = isRefused ? understood : understood.request;
  return {
    workspaceId: message.workspaceId,
    decidedUnder: view.accessVersion,
    goodUntil: view.caller?.goodUntil,
    invocation: {
      id: invocationId,
      adapter: message.adapter,
      installation: message.installation,
      channel: message.channel,
      messageId: message.messageId,
      textMac: macOfText(dispatch.macKey, message.text).toString("base64"),
      providerUser:
        "userId" in message.caller ? message.caller.userId : message.caller.providerUser,
      userId: view.caller?.userId,
      bundle: target?.bundle.name,
      bundleVersion: target?.bundle.version,
      command: target?.command.name,
      decision: isRefused ? understood.decision : "allow",
      outcome: isRefused ? outcomeOf(understood.decision) : undefined,
    },
    execution:
      !isRefused && plan ? executionOf(dispatch, message, understood.request, plan) : undefined,
    detail: {
      text,
      user: view.caller?.name,
      groups: view.caller?.groups,
      decision: verdict?.decision,
    },
  };
}

function executionOf(
  dispatch: DispatchDeps,
  { workspaceId }: Message,
  { target, caller, parsed, verdict }: Request,
  { executionId, work, first }: Plan,
): ExecutionRecord {
  const facts = verdict.isPerRelay ? storeFacts(target.command.rules, verdict.facts) : undefined;
  const decided = { workspaceId, userId: caller.userId, spec: work.spec, facts };
  return {
    id: executionId,
    spec: work.spec,
    facts,
    mac: macOf(dispatch.macKey, decided).toString("base64"),
    relayId: first?.candidate.relay.id,
    epoch: first?.candidate.epoch,
    botId: dispatch.botId,
    offerTimeoutMs: target.command.offerTimeoutMs,
    queueTimeoutMs: target.command.queueTimeoutMs,
    lostAfterMs: target.command.lostAfterMs,
    mostStarts: target.command.delivery === "at-least-once" ? target.command.attempts : 1,
    ...concurrencyOf(target, parsed),
  };
}

function outcomeOf(decision: string): string {
  return decision === "deny" ? "denied" : decision;
}
