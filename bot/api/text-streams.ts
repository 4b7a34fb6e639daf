import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { Logger } from "../../relay/process/logger.ts";
import type { ApiApp } from "./api-app.ts";

/** What no schema checks on its way out. */
type Streamed = { content: Record<string, { schema: z.ZodType }> };

/** Sends texts as they come, until they end, the caller hangs up, or the API stops. */
export function createTextStreams(app: ApiApp, log: Logger) {
  const stopping = new AbortController();
  app.addHook("preClose", async () => stopping.abort());
  const eventStream: Streamed = { content: { "text/event-stream": { schema: z.string() } } };
  const ndjson: Streamed = { content: { "application/x-ndjson": { schema: z.string() } } };

  function open(
    reply: FastifyReply,
    type: string,
    texts: (signal: AbortSignal) => AsyncIterable<string>,
  ): FastifyReply {
    const gone = new AbortController();
    reply.raw.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, stopping.signal]);
    const stream = Readable.from(texts(signal), { objectMode: false });
    stream.on("error", (err) => log.warn({ err }, "a stream broke off"));
    return reply.type(type).send(stream);
  }

  return { eventStream, ndjson, open };
}
