import { readFile } from "node:fs/promises";
import { z } from "zod";
import { EXIT, RelayFailure } from "../failure.ts";

/** Docker's `config.json`, as `docker login` writes it. */
const DockerConfig = z.object({
  auths: z
    .record(
      z.string(),
      z.object({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .default({}),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
type DockerConfig = z.infer<typeof DockerConfig>;
type Entry = DockerConfig["auths"][string];

const KEY = "relay.registry_credentials_file";

/** What a registry is shown, in the form that engines take; read anew each time, as it may change. */
export interface Credentials {
  /** Undefined where the file has none for this registry. */
  authFor(registry: string): Promise<string | undefined>;
}

/** Ends the program where the file cannot be used; nothing of what it holds is ever shown. */
export async function openCredentials(file: string | undefined): Promise<Credentials> {
  if (file === undefined) return { authFor: async () => undefined };
  await readConfig(file);
  return {
    async authFor(registry) {
      const { auths } = await readConfig(file);
      const [server, entry] =
        Object.entries(auths).find(([name]) => hostOf(name) === hostOf(registry)) ?? [];
      return server !== undefined && entry ? encode(server, entry) : undefined;
    },
  };
}

async function readConfig(file: string): Promise<DockerConfig> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw failure(`${file} cannot be read (${code})`);
  });
  const config = parse(text);
  if (!config) throw failure(`${file} is not a config.json as docker login writes it`);
  const isElsewhere = config.credsStore !== undefined || config.credHelpers !== undefined;
  if (isElsewhere && Object.keys(config.auths).length === 0) {
    throw failure(
      `${file} leaves its credentials to a helper program; name a file that holds them`,
    );
  }
  return config;
}

/** The reader's complaints quote the text, which is secret. */
function parse(text: string): DockerConfig | undefined {
  try {
    return DockerConfig.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function encode(serveraddress: string, entry: Entry): string | undefined {
  const { identitytoken } = entry;
  const [username = entry.username, password = entry.password] = pairIn(entry.auth);
  if (!identitytoken && (username === undefined || password === undefined)) return undefined;
  const shown = identitytoken
    ? { identitytoken, serveraddress }
    : { username, password, serveraddress };
  // Engines of before 2023 insist on the padding.
  const text = Buffer.from(JSON.stringify(shown)).toString("base64");
  return text.replaceAll("+", "-").replaceAll("/", "_");
}

function pairIn(auth: string | undefined): [string?, string?] {
  const text = Buffer.from(auth ?? "", "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Docker Hub's key is an address of long ago. */
function hostOf(server: string): string {
  const host = server
    .replace(/^https?:\/\//, "")
    .replace(/\/.*$/, "")
    .toLowerCase();
  return host === "index.docker.io" ? "docker.io" : host;
}

function failure(reason: string): RelayFailure {
  return new RelayFailure(`${KEY}: ${reason}`, EXIT.configuration);
}
