import { isUtf8 } from "node:buffer";
import type { DispatchDeps } from "../dispatch/dispatch.ts";
import { type ExecutionRow, findExecution, outputLengthOf } from "../dispatch/executions.ts";
import { type Bell, createBell } from "./bell.ts";
import type { EndedEvent, OutputEvent, Position, StateEvent } from "./contracts/events.ts";
import { printPosition } from "./contracts/events.ts";
import { openOutput, type PlacedFrame, type StoredOutput } from "./stored-output.ts";

const LONGEST_PAUSE_MS = 1_000;
const SHORTEST_PAUSE_MS = 5;
const HEARTBEAT_MS = 15_000;
/** How long the rest of the output may be on its way once the execution has ended. */
const OUTPUT_GRACE_MS = 10_000;

/**
 * An execution as server-sent events: what is stored from a position on, then what comes, until
 * it has ended and its output is complete. Rows are what is told; what this bot hears live only
 * says when to look, so that it works for executions of other bots too.
 */
export async function* followEvents(
  deps: DispatchDeps,
  key: { workspaceId: string; executionId: string },
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { bell, release } = listen(deps, key.executionId, signal);
  const pace = createPace();
  try {
    let position = from;
    let output: StoredOutput | undefined;
    let told = "";
    while (!signal.aborted) {
      const row = await findExecution(deps.store, key.workspaceId, key.executionId);
      if (!row) return;
      if (row.attempt !== position.attempt) {
        position = { attempt: row.attempt, offset: 0 };
        output = undefined;
      }
      const state = JSON.stringify(stateOf(deps, row));
      if (state !== told) {
        told = state;
        pace.said();
        yield printEvent("state", state, position);
      }
      const attempt = { ...key, attempt: row.attempt };
      output ??= await openOutput(deps.store, attempt, position.offset);
      for (let frames = await output.next(); frames.length > 0; frames = await output.next()) {
        pace.said();
        for (const frame of frames) {
          position = { attempt: row.attempt, offset: frame.end };
          yield printEvent("output", JSON.stringify(outputOf(frame)), position);
        }
      }
      if (isOver(row)) {
        const length = (await outputLengthOf(deps.store, attempt)) ?? 0;
        const complete = output.offset() >= length;
        if (complete || pace.silentMs() > OUTPUT_GRACE_MS) {
          yield printEvent("ended", JSON.stringify(endOf(row, complete)), position);
          return;
        }
      }
      if (pace.needsHeartbeat()) yield ": still here\n\n";
      await pace.pause(bell);
    }
  } finally {
    release();
  }
}

function listen(deps: DispatchDeps, executionId: string, signal: AbortSignal) {
  const bell = createBell();
  const listening = deps.live.listen(executionId, bell.ring);
  signal.addEventListener("abort", bell.ring);
  const release = () => {
    listening.unlisten();
    signal.removeEventListener("abort", bell.ring);
  };
  return { bell, release };
}

/** Looks again soon after something came, then ever less often, at least once a second. */
function createPace() {
  let pauseMs = SHORTEST_PAUSE_MS;
  let saidAtMs = performance.now();
  let heartbeatAtMs = saidAtMs;
  return {
    said() {
      pauseMs = SHORTEST_PAUSE_MS;
      saidAtMs = performance.now();
      heartbeatAtMs = saidAtMs;
    },
    silentMs: () => performance.now() - saidAtMs,
    needsHeartbeat() {
      if (performance.now() - heartbeatAtMs < HEARTBEAT_MS) return false;
      heartbeatAtMs = performance.now();
      return true;
    },
    async pause(bell: Bell) {
      // What was heard live is stored a moment later.
      const outcome = await bell.wait(pauseMs);
      pauseMs = outcome === "rung" ? SHORTEST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    },
  };
}

/** Unknown may still change, but nothing is to be waited for. */
function isOver(row: ExecutionRow): boolean {
  return row.endedAt !== null || row.state === "unknown";
}

function stateOf({ registry }: DispatchDeps, row: ExecutionRow): StateEvent {
  const relay = row.relayId === null ? null : (registry.find(row.relayId)?.name ?? null);
  const reason = row.state === "queued" ? row.reason : null;
  return { state: row.state, attempt: row.attempt, relay, reason };
}

function outputOf({ stream, bytes }: PlacedFrame): OutputEvent {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return { stream, text: buffer.toString("utf8") };
  return { stream, base64: buffer.toString("base64") };
}

function endOf(row: ExecutionRow, outputComplete: boolean): EndedEvent {
  const { state, exitCode, reason, durationMs } = row;
  return { state, exitCode, reason, durationMs, outputComplete };
}

/** JSON has no line ends, so one data line holds it. */
function printEvent(name: string, data: string, position: Position): string {
  return `id: ${printPosition(position)}\nevent: ${name}\ndata: ${data}\n\n`;
}
