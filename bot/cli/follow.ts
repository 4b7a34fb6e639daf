import { setTimeout as delay } from "node:timers/promises";
import { EndedEvent, OutputEvent, StateEvent } from "../api/contracts/events.ts";
import type { Client } from "./client.ts";
import { readEvents, type ServerEvent } from "./event-stream.ts";
import { CliFailure, EXIT, Unreachable } from "./failure.ts";

/** Shows an execution to whoever waits for it. */
export interface Follower {
  state(state: StateEvent): void;
  output(output: OutputEvent): Promise<void>;
  /** The connection broke, and is made again. */
  interrupted(): void;
}

/** A bot that lives sends something every 15 s. */
const SILENCE_MS = 45_000;
const GIVE_UP_AFTER_MS = 5 * 60_000;
const RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

/** Follows to the end. After a broken connection it goes on where it was: nothing twice, nothing lost. */
export async function follow(
  client: Client,
  executionId: string,
  follower: Follower,
): Promise<EndedEvent> {
  let lastEventId = "";
  let brokenAtMs: number | undefined;
  let retryMs = RETRY_MS;
  for (;;) {
    try {
      for await (const event of connect(client, executionId, lastEventId)) {
        brokenAtMs = undefined;
        retryMs = RETRY_MS;
        lastEventId = event.id;
        if (event.name === "ended") return EndedEvent.parse(JSON.parse(event.data));
        await show(follower, event);
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    if (brokenAtMs === undefined) follower.interrupted();
    brokenAtMs ??= performance.now();
    if (performance.now() - brokenAtMs > GIVE_UP_AFTER_MS) throw lost(executionId);
    await delay(retryMs);
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
  }
}

async function* connect(
  client: Client,
  executionId: string,
  lastEventId: string,
): AsyncGenerator<ServerEvent> {
  const path = `executions/${executionId}/events`;
  const headers = lastEventId ? { "last-event-id": lastEventId } : {};
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const { body } = await client.open(path, headers, silence.signal);
    if (body) yield* readEvents(eachChunk(body, timer));
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

async function* eachChunk(
  body: AsyncIterable<Uint8Array>,
  timer: NodeJS.Timeout,
): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => {
      throw new Unreachable("the connection broke", EXIT.tryAgain, { cause });
    });
    if (next.done) return;
    timer.refresh();
    yield next.value;
  }
}

async function show(follower: Follower, { name, data }: ServerEvent): Promise<void> {
  if (name === "state") follower.state(StateEvent.parse(JSON.parse(data)));
  if (name === "output") await follower.output(OutputEvent.parse(JSON.parse(data)));
}

function lost(executionId: string): CliFailure {
  return new CliFailure(
    `the bot has not answered for 5 minutes; execution ${executionId} may still run: aldis ps`,
    EXIT.tryAgain,
  );
}
