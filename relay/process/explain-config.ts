import type { ConfigKey } from "./config-keys.ts";

export interface ExplainedKey {
  key: string;
  /** Fit to be shown to anybody. */
  value: string;
  source: string;
}

const MASK = "•••";
const SECRET_PARAMETER = /pass|secret|token|key/i;

/** Each key with its value, secrets masked, and where the value came from. */
export function explainConfig(
  keys: readonly ConfigKey[],
  loaded: { written: Readonly<Record<string, unknown>>; sources: Readonly<Record<string, string>> },
): ExplainedKey[] {
  return keys.map((key) => ({
    key: key.path,
    value: shown(key, loaded.written[key.path]),
    source: loaded.sources[key.path] ?? "not set",
  }));
}

function shown(key: ConfigKey, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return maskText(value, key.secret === true);
  if (key.secret) return MASK;
  return JSON.stringify(value, (_, part) =>
    typeof part === "string" ? maskText(part, false) : part,
  );
}

/** Of a URL only what is secret is hidden; of any other secret everything. */
function maskText(text: string, isSecret: boolean): string {
  const url = text.includes("://") ? URL.parse(text) : null;
  if (url) return maskUrl(url, text);
  return isSecret ? MASK : text.replaceAll(/\/\/[^/@\s]*@/g, `//${MASK}@`);
}

function maskUrl(url: URL, text: string): string {
  const parameters = [...url.searchParams.keys()].filter((name) => SECRET_PARAMETER.test(name));
  // A NATS URL with a user only holds a token.
  const tokenOnly =
    url.username !== "" && url.password === "" && /^(nats|tls):$/.test(url.protocol);
  if (!url.password && !tokenOnly && parameters.length === 0) return text;
  if (url.password) url.password = "MASKED";
  if (tokenOnly) url.username = "MASKED";
  for (const name of parameters) url.searchParams.set(name, "MASKED");
  return url.href.replaceAll("MASKED", MASK);
}
