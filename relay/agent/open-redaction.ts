import { createRedaction, type Redaction } from "../execution/redact.ts";
import { EXIT, RelayFailure } from "../failure.ts";
import { readNatsIdentity } from "../identity.ts";
import { readNamedFile } from "../process/named-file.ts";
import { parseNatsUrl } from "../process/nats-options.ts";
import { resolveSecret } from "../process/secret-reference.ts";

export interface RedactionSettings {
  "relay.redact": readonly string[];
  "nats.url"?: string | undefined;
  "nats.creds_file"?: string | undefined;
}

export interface RedactionHost {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Where the relay's identity lies. */
  directory: string;
}

/**
 * Keeps out of all output what the relay's owner names, and how the relay signs in to NATS. Fails
 * where something named is not there: its value might be printed.
 */
export async function openRedaction(
  settings: RedactionSettings,
  host: RedactionHost,
): Promise<Redaction> {
  const named = settings["relay.redact"].map((reference) => readReference(reference, host));
  const creds = await readNamedFile("nats.creds_file", settings["nats.creds_file"]);
  if (!creds.ok) throw new RelayFailure(creds.reason, EXIT.configuration);
  const { user } = await readNatsIdentity(host.directory);
  const joined = user ? [user.seed, user.jwt] : [];
  return createRedaction([
    ...named,
    ...joined,
    ...partsOf(creds.text),
    ...secretsIn(settings["nats.url"]),
  ]);
}

function readReference(reference: string, host: RedactionHost): string {
  const found = resolveSecret(reference, host);
  if (found?.ok) return found.value;
  const reason = found?.reason ?? "is neither file:PATH nor env:NAME";
  throw new RelayFailure(`relay.redact: ${reference}: ${reason}`, EXIT.configuration);
}

/** The lines of a `.creds` file that are not its frame: a JWT and a seed. */
function partsOf(creds: string | undefined): string[] {
  const lines = creds?.split(/\r?\n/).map((line) => line.trim()) ?? [];
  return lines.filter((line) => /^(eyJ|S[A-Z2-7]{57}$)/.test(line));
}

/** In a URL, a name alone is a token. */
function secretsIn(url: string | undefined): string[] {
  const credentials = url === undefined ? undefined : parseNatsUrl(url).credentials;
  if (!credentials) return [];
  if ("password" in credentials) return [credentials.password];
  return "token" in credentials ? [credentials.token] : [];
}
