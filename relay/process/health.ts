import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

/** A part that the program cannot do its work without. */
export interface Dependency {
  name: string;
  ready: boolean;
  /** Why not, in a few words. */
  detail?: string;
}

export interface HealthOptions {
  host: string;
  port: number;
  dependencies(): readonly Dependency[] | Promise<readonly Dependency[]>;
  metrics: Registry;
}

export interface HealthServer {
  /** The port that was taken, should 0 have been asked for. */
  port: number;
  stop(): Promise<void>;
}

/** Serves `/livez`, `/readyz` and `/metrics`; rejects if the address cannot be listened on. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(options, request.method ?? "", request.url ?? "", response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(`${error instanceof Error ? error.message : "failed"}\n`);
    });
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: portOf(server.address()),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { dependencies, metrics }: HealthOptions,
  method: string,
  url: string,
  response: ServerResponse,
): Promise<void> {
  if (method !== "GET" && method !== "HEAD") return send(response, 405, "only GET\n");
  switch (url.split("?", 1)[0]) {
    case "/livez":
      return send(response, 200, "alive\n");
    case "/readyz": {
      const parts = await dependencies();
      const isReady = parts.every((part) => part.ready);
      return send(response, isReady ? 200 : 503, JSON.stringify({ ready: isReady, parts }));
    }
    case "/metrics":
      return send(response, 200, await metrics.metrics(), metrics.contentType);
    default:
      return send(response, 404, "try /livez, /readyz or /metrics\n");
  }
}

function send(response: ServerResponse, status: number, body: string, type?: string): void {
  const isJson = body.startsWith("{");
  const contentType = type ?? (isJson ? "application/json" : "text/plain; charset=utf-8");
  response.writeHead(status, { "content-type": contentType, "cache-control": "no-store" });
  response.end(body);
}

function portOf(address: AddressInfo | string | null): number {
  return address !== null && typeof address === "object" ? address.port : 0;
}
