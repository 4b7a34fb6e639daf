import type { IncomingMessage, ServerResponse } from "node:http";
import type { RateLimits, Verdict } from "./rate-limits.ts";
import { Refusal, type Reply } from "./refusal.ts";
import { readBody } from "./request-body.ts";
import { type Landscape, ROUTES, type Route } from "./routes.ts";

/** One request, and how it was answered. */
export interface Seen {
  /** `POST /channels/:channel/messages`. */
  route: string;
  status: number;
  atMs: number;
  body: unknown;
}

export interface RestOptions extends Landscape {
  token: () => string;
  rates: RateLimits;
  seen: Seen[];
  /** A status that takes the place of the answer: what was asked for has been done. */
  trouble: () => ((route: string) => number | undefined) | undefined;
}

const VERSION = "/api/v10";

export async function answerRequest(
  options: RestOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const found = findRoute(request.method ?? "", url.pathname);
  const read = await readBody(request).catch((fault: unknown) => ({ fault }));
  const verdict = found ? judge(options, found) : { headers: {} };
  for (const [name, value] of Object.entries(verdict.headers)) response.setHeader(name, value);
  const reply = verdict.refusal ? tooMany(response, verdict.refusal) : answer();
  const route = found ? nameOf(found.route) : url.pathname;
  const body = "json" in read ? read.json : undefined;
  options.seen.push({ route, status: reply.status, atMs: performance.now(), body });
  send(response, reply);

  function answer(): Reply {
    try {
      if ("fault" in read) throw read.fault;
      if (!found) throw new Refusal(404, 0, "404: Not Found");
      const isKnown = request.headers.authorization === `Bot ${options.token()}`;
      if (found.route.needsToken && !isKnown) throw new Refusal(401, 0, "401: Unauthorized");
      const asked = { ...read, ids: found.ids, query: url.searchParams };
      const reply = found.route.answer(options, asked);
      const status = options.trouble()?.(nameOf(found.route));
      return status === undefined ? reply : { status, body: { code: 0, message: "trouble" } };
    } catch (error) {
      if (error instanceof Refusal) return error.reply;
      throw error;
    }
  }
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

function judge({ rates }: RestOptions, { route, ids }: Found): Verdict {
  const place = ids.channel ?? ids.webhook ?? "";
  // An interaction is answered outside the limits.
  if (route.path.startsWith("/interactions/")) return { headers: {} };
  return rates.judge(`${route.method}${route.path} ${place}`, route.rate);
}

function tooMany(
  response: ServerResponse,
  { retryAfterMs, isGlobal }: { retryAfterMs: number; isGlobal: boolean },
): Reply {
  const seconds = retryAfterMs / 1000;
  response.setHeader("retry-after", String(Math.ceil(seconds)));
  response.setHeader("x-ratelimit-scope", isGlobal ? "global" : "user");
  if (isGlobal) response.setHeader("x-ratelimit-global", "true");
  const message = "You are being rate limited.";
  return { status: 429, body: { message, retry_after: seconds, global: isGlobal } };
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.statusCode = status;
  if (body === undefined) return void response.end();
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}

interface Found {
  route: Route;
  ids: Record<string, string>;
}

function findRoute(method: string, pathname: string): Found | undefined {
  if (!pathname.startsWith(VERSION)) return undefined;
  const words = pathname.slice(VERSION.length).split("/").map(decodeURIComponent);
  for (const route of ROUTES) {
    const ids = route.method === method ? matchPath(route.path.split("/"), words) : undefined;
    if (ids) return { route, ids };
  }
  return undefined;
}

function matchPath(pattern: readonly string[], words: readonly string[]) {
  if (pattern.length !== words.length) return undefined;
  const ids: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const word = words[index] ?? "";
    if (part.startsWith(":")) ids[part.slice(1)] = word;
    else if (part !== word) return undefined;
  }
  return ids;
}
