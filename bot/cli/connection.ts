import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { defaultDataDirectory } from "../../relay/process/data-dir.ts";
import { CliFailure, EXIT } from "./failure.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which bot to ask, and as whom. */
export interface Connection {
  url: URL;
  token: string;
}

const DEFAULT_URL = "http://127.0.0.1:4000";

export function findConnection(
  options: { url?: string | undefined },
  env: Environment,
): Connection {
  const url = parseUrl(options.url ?? (env.ALDIS_URL || DEFAULT_URL));
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw new CliFailure(
      `a token is not sent over plain http to ${url.hostname}, where others could read it: use https, or a tunnel to 127.0.0.1`,
      EXIT.configuration,
    );
  }
  return { url, token: findToken(url, env) };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new CliFailure(
    `"${text}" is not the URL of a bot; write http://127.0.0.1:4000`,
    EXIT.usage,
  );
}

function findToken(url: URL, env: Environment): string {
  if (env.ALDIS_TOKEN) return checked(env.ALDIS_TOKEN, "ALDIS_TOKEN");
  if (env.ALDIS_TOKEN_FILE) {
    return readToken(
      env.ALDIS_TOKEN_FILE,
      (reason) => `ALDIS_TOKEN_FILE cannot be read: ${reason}`,
    );
  }
  const advice = "set ALDIS_TOKEN_FILE or ALDIS_TOKEN";
  // The administrator of this machine's bot is nobody to another's.
  if (!isLoopback(url.hostname)) throw noToken(`no token for ${url.host}: ${advice}`);
  return readToken(
    join(dataDirectory(env), "admin.token"),
    (reason) => `no token: ${advice}, or start a bot here with aldis up (${reason})`,
  );
}

function dataDirectory(env: Environment): string {
  const user = { uid: process.getuid?.() ?? -1, homedir: homedir() };
  return env.ALDIS_DATA_DIR || defaultDataDirectory(env, user);
}

function readToken(path: string, explain: (reason: string) => string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw noToken(explain(error instanceof Error ? error.message : String(error)));
  }
  return checked(text, path);
}

function noToken(message: string): CliFailure {
  return new CliFailure(message, EXIT.denied);
}

function checked(text: string, from: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw noToken(`${from} holds no token`);
}

/** Whether what is sent to this host stays on this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
