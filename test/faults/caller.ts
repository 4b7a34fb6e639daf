import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { ExecutionItem } from "../../bot/api/contracts/executions.ts";
import { InvocationAccepted } from "../../bot/api/contracts/invocations.ts";
import { type Client, createClient } from "../../bot/cli/client.ts";
import { Unreachable } from "../../bot/cli/failure.ts";
import { waitFor } from "../support/wait.ts";

/** Whoever types a line and wants to know how it ended, however often the bots go away. */
export interface Caller {
  /** Says it until a bot has said that it is recorded; the same words under the same key. */
  say(text: string): Promise<string>;
  stateOf(executionId: string): Promise<ExecutionItem["state"]>;
  /** Asks until a bot says how it ended; what is unknown has not. */
  endOf(executionId: string, timeoutMs?: number): Promise<ExecutionItem>;
  /** What a bot has stored of the output, and whether it says that this is all. */
  outputOf(executionId: string): Promise<{ text: string; isComplete: boolean }>;
}

const GIVE_UP_MS = 5 * 60_000;
const RETRY_MS = 50;
const ATTEMPT_WITHIN_MS = 5_000;

/** Goes to the next bot whenever one does not answer. */
export function createCaller(urls: readonly string[], tokenFile: string): Caller {
  const token = readFileSync(tokenFile, "utf8").trim();
  const clients = urls.map((url) => createClient({ url: new URL(url), token }));
  let turn = 0;

  async function ask<T>(question: (client: Client) => Promise<T>): Promise<T> {
    const deadline = performance.now() + GIVE_UP_MS;
    for (;;) {
      const client = clients[turn++ % clients.length];
      if (!client) throw new TypeError("a caller needs a bot");
      try {
        return await Promise.race([question(client), late()]);
      } catch (error) {
        if (!(error instanceof Unreachable) || performance.now() > deadline) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  const find = (executionId: string) =>
    ask((client) => client.get(`executions/${executionId}`, ExecutionItem));

  async function findEnded(executionId: string): Promise<ExecutionItem | undefined> {
    const item = await find(executionId);
    return item.endedAt === null ? undefined : item;
  }

  return {
    async say(text) {
      const key = { "idempotency-key": randomUUID() };
      const { executionId } = await ask((client) =>
        client.post("invocations", { text }, InvocationAccepted, key),
      );
      if (!executionId) throw new Error(`nothing runs for ${text}`);
      return executionId;
    },
    stateOf: async (executionId) => (await find(executionId)).state,
    endOf: (executionId, timeoutMs = 30_000) =>
      waitFor(() => findEnded(executionId), { timeoutMs, what: `the end of ${executionId}` }),
    outputOf: (executionId) =>
      ask(async (client) => {
        const path = `executions/${executionId}/output`;
        const response = await client.open(path, {}, AbortSignal.timeout(ATTEMPT_WITHIN_MS));
        const text = await response.text();
        return { text, isComplete: response.headers.get("output-complete") === "true" };
      }),
  };
}

/** A bot that stands still holds its connections: somebody else may answer. */
async function late(): Promise<never> {
  await delay(ATTEMPT_WITHIN_MS, undefined, { ref: false });
  throw new Unreachable("no answer in time", 69);
}
