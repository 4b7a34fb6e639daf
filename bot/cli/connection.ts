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
  if (env.ALDIS_TOKEN_FILE) return readToken(env.ALDIS_TOKEN_FILE, "ALDIS_TOKEN_FILE");
  // The administrator of this machine's bot is nobody to another's.
  if (!isLoopback(url.hostname)) {
    throw new CliFailure(
      `no token for ${url.host}: set ALDIS_TOKEN_FILE or ALDIS_TOKEN`,
      EXIT.denied,
    );
  }
  return readToken(join(dataDirectory(env), "admin.token"), "no ALDIS_TOKEN_FILE or ALDIS_TOKEN");
}

function dataDirectory(env: Environment): string {
  const user = { uid: process.getuid?.() ?? -1, homedir: homedir() };
  return env.ALDIS_DATA_DIR || defaultDataDirectory(env, user);
}

function readToken(path: string, from: string): string {
  try {
    return checked(readFileSync(path, "utf8"), path);
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const advice = "set one of them, or start a bot here with aldis up";
    throw new CliFailure(`no token (${from}, ${reason}); ${advice}`, EXIT.denied);
  }
}

function checked(text: string, from: string): string {
  const token = text.trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliFailure(`${from} holds no token`, EXIT.denied);
}

/** Whether what is sent to this host stays on this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
