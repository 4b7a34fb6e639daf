import { type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

/** A line of what an engine says while it works. */
export const Progress = z.object({
  status: z.string().optional(),
  stream: z.string().optional(),
  /** The layer that it is about. */
  id: z.string().optional(),
  progressDetail: z
    .object({ current: z.number().optional(), total: z.number().optional() })
    .optional(),
  error: z.string().optional(),
  message: z.string().optional(),
});
export type Progress = z.infer<typeof Progress>;

export interface LongAsk {
  socket: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Readable;
  /** How long the engine may say nothing. */
  silenceMs: number;
}

/** Posts to an engine and hands on what it says, line by line; throws the engine's own words. */
export async function postLong(ask: LongAsk, onLine: (line: Progress) => void): Promise<void> {
  const answer = await begin(ask);
  const lines = createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY });
  const hasFailed = (answer.statusCode ?? 500) >= 300;
  let last = "";
  for await (const text of lines) {
    if (text.trim() === "") continue;
    const line = readLine(text);
    if (line.error !== undefined) throw new Error(line.error);
    last = line.message ?? text;
    if (!hasFailed) onLine(line);
  }
  if (hasFailed) throw new Error(last || `the container engine answered ${answer.statusCode}`);
}

function begin({ socket, path, headers, body, silenceMs }: LongAsk): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: socket, path, method: "POST", timeout: silenceMs });
    for (const [name, value] of Object.entries(headers ?? {})) sent.setHeader(name, value);
    sent.setHeader("host", "engine");
    sent.on("timeout", () => sent.destroy(new Error(`it was silent for ${silenceMs / 1000} s`)));
    sent.on("error", reject);
    sent.on("response", resolve);
    if (!body) return void sent.end();
    sent.setHeader("content-type", "application/x-tar");
    pipeline(body, sent).catch(reject);
  });
}

function readLine(text: string): Progress {
  try {
    return Progress.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return { message: text };
  }
}
