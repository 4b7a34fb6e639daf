import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { type EngineClient, EngineError, Ignored } from "./client.ts";

const Created = z.object({ Id: z.string().regex(/^[0-9a-f]{12,64}$/) });
const Waited = z.object({ StatusCode: z.int() });
const Inspected = z.object({
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  State: z.object({
    Status: z.string(),
    Running: z.boolean(),
    Paused: z.boolean().default(false),
    ExitCode: z.int(),
    OOMKilled: z.boolean(),
  }),
});
export type Inspected = z.infer<typeof Inspected>;
const Listed = z.array(
  z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullish() }),
);
type Listed = z.infer<typeof Listed>;
const Image = z.object({
  Config: z.object({ Volumes: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

/** An engine that has been asked to kill answers at once, or something is wrong with it. */
const KILL_TIMEOUT_MS = 10_000;
/** dockerd holds one back for some seconds while a container ends. */
const LOOK_TIMEOUT_MS = 20_000;

/** What a runtime asks of an engine, one function for each question. */
export interface Containers {
  create(name: string, body: object): Promise<string>;
  /** Output, and with `hasInput` the way in, framed by the engine. */
  attach(id: string, hasInput: boolean): Promise<Duplex>;
  /** Resolves once the engine has noted the question; the answer comes at the next end. */
  nextExit(id: string): Promise<{ code: Promise<number> }>;
  start(id: string): Promise<void>;
  /** False where that cannot be: what has ended does not stand still. */
  pause(id: string): Promise<boolean>;
  /** Does nothing to what is not paused. */
  unpause(id: string): Promise<void>;
  /** Does nothing to what has ended. */
  kill(id: string, signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  inspect(id: string): Promise<Inspected | undefined>;
  /** With its processes and its anonymous volumes. */
  remove(id: string): Promise<void>;
  withLabel(label: string): Promise<Listed>;
  volumesOf(image: string): Promise<string[]>;
  close(): void;
}

export function containersOf(client: EngineClient): Containers {
  return {
    async create(name, body) {
      const ask = { method: "POST", path: "/containers/create", query: { name }, body } as const;
      return (await client.call(ask, Created)).Id;
    },
    attach(id, hasInput) {
      const query = { stream: "1", stdout: "1", stderr: "1", ...(hasInput && { stdin: "1" }) };
      return client.upgrade({ method: "POST", path: `/containers/${id}/attach`, query });
    },
    async nextExit(id) {
      const query = { condition: "next-exit" };
      const path = `/containers/${id}/wait`;
      const { answer } = await client.begin({ method: "POST", path, query, timeoutMs: 0 }, Waited);
      const code = answer.then(({ StatusCode }) => StatusCode);
      code.catch(() => {});
      return { code };
    },
    async start(id) {
      await client.call({ method: "POST", path: `/containers/${id}/start` }, Ignored);
    },
    async pause(id) {
      const ask = { method: "POST", path: `/containers/${id}/pause` } as const;
      const asked = client.call({ ...ask, timeoutMs: KILL_TIMEOUT_MS }, Ignored);
      return asked.then(() => true).catch(() => false);
    },
    async unpause(id) {
      const ask = { method: "POST", path: `/containers/${id}/unpause` } as const;
      await client.call({ ...ask, timeoutMs: KILL_TIMEOUT_MS }, Ignored).catch(ignoreAnswers);
    },
    async kill(id, signal) {
      const ask = { method: "POST", path: `/containers/${id}/kill`, query: { signal } } as const;
      await client.call({ ...ask, timeoutMs: KILL_TIMEOUT_MS }, Ignored).catch(ignoreAnswers);
    },
    async inspect(id) {
      const ask = { method: "GET", path: `/containers/${id}/json` } as const;
      return client.call({ ...ask, timeoutMs: LOOK_TIMEOUT_MS }, Inspected).catch(absentIfUnknown);
    },
    remove: (id) => remove(client, id),
    async withLabel(label) {
      const query = { all: "true", filters: JSON.stringify({ label: [label] }) };
      return client.call({ method: "GET", path: "/containers/json", query }, Listed);
    },
    async volumesOf(image) {
      const path = `/images/${encodeURIComponent(image).replaceAll("%2F", "/")}/json`;
      const { Config } = await client.call({ method: "GET", path }, Image);
      return Object.keys(Config?.Volumes ?? {});
    },
    close: () => client.close(),
  };
}

const REMOVE_TRIES = 40;

/** Podman refuses for a moment while it notes that a container has ended by itself. */
async function remove(client: EngineClient, id: string): Promise<void> {
  const query = { force: "true", v: "true" };
  const ask = { method: "DELETE", path: `/containers/${id}`, query } as const;
  for (let left = REMOVE_TRIES; ; left--) {
    try {
      await client.call({ ...ask, timeoutMs: KILL_TIMEOUT_MS }, Ignored);
      return;
    } catch (error) {
      if (!(error instanceof EngineError) || error.status === 404) return;
      if (left <= 0 || error.status === undefined) throw error;
      await pause(50);
    }
  }
}

function ignoreAnswers(error: unknown): void {
  if (!(error instanceof EngineError) || error.status === undefined) throw error;
}

/** Podman gives 500 for what goes while it looks. */
function absentIfUnknown(error: unknown): undefined {
  if (!(error instanceof EngineError) || error.status === undefined) throw error;
  if (error.status !== 404 && !error.message.includes("no such container")) throw error;
  return undefined;
}
