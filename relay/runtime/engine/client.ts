import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { z } from "zod";

/** The engine said no, or nothing: then there is no `status`. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface Ask {
  method: "GET" | "POST" | "DELETE";
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: unknown;
  /** How long the engine may be silent; 0: for ever. */
  timeoutMs?: number;
}

/** The few things of the Docker Engine API that a runtime needs, on the engine's own socket. */
export interface EngineClient {
  /** Resolves with the whole answer, as `schema` reads it. */
  call<T>(ask: Ask, schema: z.ZodType<T>): Promise<T>;
  /** Resolves once the engine has begun to answer: what it waits for is then registered. */
  begin<T>(ask: Ask, schema: z.ZodType<T>): Promise<{ answer: Promise<T> }>;
  /** Turns the connection into a plain stream, both ways. */
  upgrade(ask: Ask): Promise<Duplex>;
  close(): void;
}

/** For answers of which only the status matters. */
export const Ignored = z.unknown();

const Complaint = z.object({ message: z.string() });
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const USUAL_TIMEOUT_MS = 60_000;

export function engineClient(socketPath: string): EngineClient {
  const agent = new Agent({ keepAlive: true });

  function send(ask: Ask, headers: Record<string, string> = {}): ClientRequest {
    const { method, query, timeoutMs = USUAL_TIMEOUT_MS } = ask;
    const path = query ? `${ask.path}?${new URLSearchParams(query)}` : ask.path;
    const body = ask.body === undefined ? "" : JSON.stringify(ask.body);
    const sent = request({ socketPath, agent, method, path, headers, timeout: timeoutMs });
    sent.on("timeout", () => sent.destroy(new Error(`it was silent for ${timeoutMs} ms`)));
    sent.setHeader("host", "engine");
    if (body) sent.setHeader("content-type", "application/json");
    if (method !== "GET") sent.setHeader("content-length", Buffer.byteLength(body));
    sent.end(body);
    return sent;
  }

  /** An idle connection may have been closed by the engine: that question was never read. */
  async function answerTo(ask: Ask): Promise<IncomingMessage> {
    const sent = send(ask);
    try {
      return await headOf(sent);
    } catch (error) {
      if (!sent.reusedSocket || !isHungUp(error)) throw unanswered(ask, error);
      return await headOf(send(ask)).catch((again) => Promise.reject(unanswered(ask, again)));
    }
  }

  async function begin<T>(ask: Ask, schema: z.ZodType<T>): Promise<{ answer: Promise<T> }> {
    const head = await answerTo(ask);
    const answer = read(ask, head, schema);
    if (!isGood(head)) await answer;
    answer.catch(() => {});
    return { answer };
  }

  async function upgrade(ask: Ask): Promise<Duplex> {
    const sent = send(ask, { connection: "Upgrade", upgrade: "tcp" });
    const upgraded = streamOf(sent);
    const refused = headOf(sent);
    refused.catch(() => {});
    const first = await Promise.race([upgraded, refused]).catch((error) =>
      Promise.reject(unanswered(ask, error)),
    );
    if ("read" in first && "write" in first) return first;
    await read(ask, first, Ignored);
    throw new EngineError(`the container engine does not attach: ${ask.path}`, first.statusCode);
  }

  return {
    call: async (ask, schema) => (await begin(ask, schema)).answer,
    begin,
    upgrade,
    close: () => agent.destroy(),
  };
}

function headOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("response", resolve);
    sent.on("error", reject);
  });
}

function streamOf(sent: ClientRequest): Promise<Duplex> {
  return new Promise((resolve) => {
    sent.once("upgrade", (_, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
  });
}

async function read<T>(ask: Ask, answer: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const text = await textOf(answer).catch((error) => Promise.reject(unanswered(ask, error)));
  if (!isGood(answer)) throw new EngineError(complaintIn(text), answer.statusCode);
  const parsed = schema.safeParse(text === "" ? undefined : parseJson(text));
  if (parsed.success) return parsed.data;
  const what = z.prettifyError(parsed.error).replaceAll("\n", " ");
  throw new EngineError(`the container engine's answer to ${ask.path} is not understood: ${what}`);
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer) {
    length += piece.length;
    if (length > MAX_ANSWER_BYTES) throw new Error("its answer is too long");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function isGood({ statusCode = 0 }: IncomingMessage): boolean {
  return (statusCode >= 200 && statusCode < 300) || statusCode === 304;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The engine's own words, on one line. */
function complaintIn(text: string): string {
  const complaint = Complaint.safeParse(parseJson(text));
  const words = complaint.success ? complaint.data.message : text;
  return words.replaceAll(/\s+/g, " ").trim() || "the container engine said no";
}

function unanswered(ask: Ask, cause: unknown): EngineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new EngineError(`the container engine did not answer ${ask.path}: ${why}`, undefined, {
    cause,
  });
}

function isHungUp(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ECONNRESET" || code === "EPIPE";
}
