import { z } from "zod";
import type { ApiApp } from "../api-app.ts";
import type { ApiDeps } from "../deps.ts";
import { problems } from "../openapi.ts";

const ANSWER_WITHIN_MS = 2_000;

const Ready = z.object({
  ready: z.boolean(),
  parts: z.array(z.object({ name: z.string(), ready: z.boolean(), detail: z.string().optional() })),
});
type Ready = z.infer<typeof Ready>;

/** For supervisors and scrapers; these read and change nothing. */
export function addHealthRoutes(app: ApiApp, deps: ApiDeps): void {
  const config = { permission: "public" } as const;
  app.route({
    method: ["GET", "HEAD"],
    url: "/livez",
    config,
    schema: {
      summary: "Whether the process answers",
      response: { 200: { content: { "text/plain": { schema: z.literal("alive") } } } },
    },
    handler: async (_request, reply) => reply.type("text/plain").send("alive"),
  });
  app.route({
    method: ["GET", "HEAD"],
    url: "/readyz",
    config,
    schema: {
      summary: "Whether database and bus can be reached",
      response: { 200: Ready, 503: Ready },
    },
    handler: async (_request, reply) => {
      const ready = await readiness(deps);
      return reply.code(ready.ready ? 200 : 503).send(ready);
    },
  });
  app.get(
    "/metrics",
    {
      config,
      schema: {
        summary: "Metrics for Prometheus",
        response: { 200: { content: { "text/plain": { schema: z.string() } } }, ...problems },
      },
    },
    async (_request, reply) =>
      reply.type(deps.metrics.contentType).send(await deps.metrics.metrics()),
  );
}

async function readiness(deps: ApiDeps): Promise<Ready> {
  const silence = `no answer within ${ANSWER_WITHIN_MS} ms`;
  const found = await Promise.race([
    deps.readiness(),
    new Promise<{ database: string; bus: string }>((resolve) => {
      setTimeout(resolve, ANSWER_WITHIN_MS, { database: silence, bus: silence }).unref();
    }),
  ]);
  const parts = Object.entries(found).map(([name, state]) => ({
    name,
    ready: state === true,
    ...(typeof state === "string" && { detail: state }),
  }));
  return { ready: parts.every((part) => part.ready), parts };
}
