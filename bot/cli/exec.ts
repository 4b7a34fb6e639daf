import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { listenForSignals } from "../../relay/process/signals.ts";
import type { EndedEvent, OutputEvent, StateEvent } from "../api/contracts/events.ts";
import { Cancelled } from "../api/contracts/executions.ts";
import { InvocationAccepted } from "../api/contracts/invocations.ts";
import { withoutControls } from "../replies/plain-text.ts";
import { wordsForEnd } from "../replies/words.ts";
import { type Client, isAnswerLost } from "./client.ts";
import { EXIT } from "./failure.ts";
import { type Follower, follow } from "./follow.ts";
import { createOutputWriter, printNote } from "./terminal.ts";

/** Runs what could be typed in a chat; Ctrl-C cancels it and waits for its end. */
export async function exec(client: Client, text: string): Promise<number> {
  const accepted = Promise.withResolvers<string | undefined>();
  const signals = listenForSignals({ onFirst: () => void cancel(client, accepted.promise) });
  try {
    const invocation = await invoke(client, text);
    accepted.resolve(invocation.executionId);
    if (!invocation.executionId) return tellAnswer(invocation);
    const end = await follow(client, invocation.executionId, showing());
    return tellEnd(end);
  } finally {
    accepted.resolve(undefined);
    signals.release();
  }
}

const ATTEMPTS = 5;

/** One key for all attempts: however often it is sent, it runs once. */
async function invoke(client: Client, text: string): Promise<InvocationAccepted> {
  const headers = { "idempotency-key": randomUUID() };
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.post("invocations", { text }, InvocationAccepted, headers);
    } catch (error) {
      if (!isAnswerLost(error) || attempt >= ATTEMPTS) throw error;
      await delay(100 * 2 ** attempt);
    }
  }
}

async function cancel(client: Client, accepted: Promise<string | undefined>): Promise<void> {
  const id = await accepted;
  if (id === undefined) return;
  try {
    printNote("aldis: cancelling; once more to stop waiting for its end");
    await client.post(`executions/${id}/cancel`, {}, Cancelled);
  } catch (error) {
    printNote(`aldis: not cancelled: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tellAnswer({ answer, decision }: InvocationAccepted): number {
  if (!answer) {
    printNote("aldis: it was answered, but the answer was lost on the way; ask again");
    return EXIT.tryAgain;
  }
  const stream = answer.tone === "ok" ? process.stdout : process.stderr;
  stream.write(`${withoutControls(answer.text)}\n`);
  if (decision === "allow") return answer.tone === "ok" ? 0 : EXIT.refused;
  if (decision === "deny") return EXIT.denied;
  return decision === "late" ? EXIT.tryAgain : EXIT.usage;
}

/**
 * Output goes where the command wrote it; what happens meanwhile is only for a person, but for why
 * no relay takes it, which a script may otherwise wait for in vain.
 */
function showing(): Follower {
  const tell = (line: string) => printNote(`aldis: ${line}`);
  const note = (line: string) => {
    if (process.stderr.isTTY) tell(line);
  };
  const write = createOutputWriter();
  let waiting: string | undefined;
  return {
    state({ state, relay, reason }: StateEvent) {
      if (state === "queued" && waiting !== (reason ?? "")) {
        waiting = reason ?? "";
        if (reason) tell(`waiting for a relay: ${reason}`);
        else note("waiting for a relay");
      }
      if (state !== "started" || waiting === undefined) return;
      (waiting ? tell : note)(`running on ${relay ?? "a relay"}`);
      waiting = undefined;
    },
    output: ({ stream, text, base64 }: OutputEvent) =>
      write(stream, base64 ? Buffer.from(base64, "base64") : Buffer.from(text ?? "")),
    interrupted: () => note("the connection broke; trying again"),
  };
}

function tellEnd(end: EndedEvent): number {
  const { state, exitCode, reason, outputComplete } = end;
  if (!outputComplete) printNote("aldis: some of the output has not arrived");
  const words = wordsForEnd({
    state,
    exitCode: exitCode ?? undefined,
    reason: reason ?? undefined,
  });
  // An exit code speaks for itself.
  if (words && !(state === "failed" && exitCode !== null)) printNote(`aldis: ${words}`);
  return exitCodeOf(end);
}

function exitCodeOf({ state, exitCode }: EndedEvent): number {
  switch (state) {
    case "succeeded":
      return 0;
    case "failed":
      return exitCode || EXIT.internal;
    case "timed-out":
      return EXIT.timedOut;
    case "cancelled":
      return EXIT.cancelled;
    case "interrupted":
      return EXIT.tryAgain;
    case "expired":
      return EXIT.unavailable;
    default:
      return EXIT.internal;
  }
}
