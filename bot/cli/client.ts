import type { z } from "zod";
import { Problem } from "../api/contracts/problem.ts";
import type { Connection } from "./connection.ts";
import { CliFailure, EXIT, Unreachable } from "./failure.ts";

/** The REST API, as commands see it: an answer of the shape asked for, or a failure. */
export interface Client {
  get<T>(path: string, answer: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: unknown, answer: z.ZodType<T>, headers?: Headers): Promise<T>;
  put<T>(path: string, body: unknown, answer: z.ZodType<T>): Promise<T>;
  remove<T>(path: string, answer: z.ZodType<T>): Promise<T>;
  /** A successful response whose body is not read yet. */
  open(path: string, headers: Headers, signal: AbortSignal): Promise<Response>;
}

type Headers = Readonly<Record<string, string>>;

const REFUSED = "connection refused";

/** Longer than any answer takes; streams are not bound by it. */
const ANSWER_WITHIN_MS = 60_000;

export function createClient({ url, token }: Connection): Client {
  async function send(path: string, init: RequestInit): Promise<Response> {
    const target = new URL(`/api/v1/${path}`, url);
    const headers = { authorization: `Bearer ${token}`, ...init.headers };
    const response = await reach(url, () =>
      // A redirect could lead the token elsewhere.
      fetch(target, { ...init, headers, redirect: "error" }),
    );
    if (!response.ok) throw await failureOf(url, response);
    return response;
  }

  async function ask<T>(path: string, init: RequestInit, answer: z.ZodType<T>): Promise<T> {
    const response = await send(path, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const body: unknown = await reach(url, () => response.json());
    const parsed = answer.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new CliFailure(
      `the bot at ${url.origin} answers something else than this program expects; are they of one version?`,
      EXIT.internal,
    );
  }

  return {
    get: (path, answer) => ask(path, {}, answer),
    post(path, body, answer, headers) {
      const json = { "content-type": "application/json", ...headers };
      return ask(path, { method: "POST", body: JSON.stringify(body), headers: json }, answer);
    },
    put(path, body, answer) {
      const headers = { "content-type": "application/json" };
      return ask(path, { method: "PUT", body: JSON.stringify(body), headers }, answer);
    },
    remove: (path, answer) => ask(path, { method: "DELETE" }, answer),
    open: (path, headers, signal) => send(path, { headers, signal }),
  };
}

/** Says in a person's words why nobody could be reached. */
export async function reach<T>(url: URL, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (cause) {
    if (cause instanceof CliFailure) throw cause;
    throw new Unreachable(
      `no bot answers at ${url.origin} (${reasonOf(cause)}): start one with aldis up, or name it with --url or ALDIS_URL`,
      EXIT.unavailable,
      { cause },
    );
  }
}

/** The innermost cause says most. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  if ("code" in error && error.code === "ECONNREFUSED") return REFUSED;
  return error.message || error.name;
}

/** Whether somebody was reached and may have acted, so that only the answer is missing. */
export function isAnswerLost(error: unknown): boolean {
  if (!(error instanceof Unreachable) || error.cause === undefined) return false;
  return reasonOf(error) !== REFUSED;
}

async function failureOf(url: URL, response: Response): Promise<CliFailure> {
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = Problem.safeParse(body);
  if (!parsed.success) {
    const line = `${url.origin} answers ${response.status}; is that an Aldis bot?`;
    return new Unreachable(line, EXIT.unavailable);
  }
  const { detail, errors = [], requestId } = parsed.data;
  const others = errors.map(({ message }) => message).filter((line) => !detail.includes(line));
  const about = response.status >= 500 && requestId ? ` (request ${requestId})` : "";
  const message = [detail + about, ...others].join("\n");
  if (response.status === 503) return new Unreachable(message, EXIT.tryAgain);
  return new CliFailure(message, exitCodeOf(response.status));
}

function exitCodeOf(status: number): number {
  if (status === 400) return EXIT.usage;
  if (status === 401 || status === 403) return EXIT.denied;
  if (status === 422) return EXIT.badData;
  return status >= 500 ? EXIT.internal : EXIT.refused;
}

/** A path of names, whatever characters they have. */
export function pathOf(...names: readonly string[]): string {
  return names.map(encodeURIComponent).join("/");
}
