import { request } from "node:http";
import { z } from "zod";

export interface Engine {
  socket: string;
  version: string;
}

/** The container engines that answer on this host. */
export interface Engines {
  docker?: Engine;
  podman?: Engine;
}

export interface DetectOptions {
  /** For DOCKER_HOST and XDG_RUNTIME_DIR. */
  env: Readonly<Record<string, string | undefined>>;
  /** How long a socket may be silent. */
  timeoutMs?: number;
}

/** Podman runs programs for its answer, and a busy host takes its time. */
const VERSION_TIMEOUT_MS = 10_000;

const Version = z.object({
  Version: z.string(),
  Components: z.array(z.object({ Name: z.string() })).optional(),
});

/** Asks each socket where an engine usually listens; Podman is known by what it calls itself. */
export async function detectEngines(options: DetectOptions): Promise<Engines> {
  const sockets = socketsToAsk(options.env);
  const timeoutMs = options.timeoutMs ?? 1_000;
  const answers = await Promise.all(sockets.map((socket) => askEngine(socket, timeoutMs)));
  const engines: Engines = {};
  for (const answer of answers) {
    if (answer) engines[answer.name] ??= answer.engine;
  }
  return engines;
}

/** For people: "Docker 28.2, Podman 5.4", or "native only". */
export function describeEngines(engines: Engines): string {
  const found = [
    engines.docker && `Docker ${engines.docker.version}`,
    engines.podman && `Podman ${engines.podman.version}`,
  ].filter((each) => each !== undefined);
  return found.length > 0 ? found.join(", ") : "native only";
}

function socketsToAsk(env: Readonly<Record<string, string | undefined>>): string[] {
  const host = env.DOCKER_HOST;
  const runtimeDirectory = env.XDG_RUNTIME_DIR;
  const sockets = [
    ...(host?.startsWith("unix://") ? [host.slice("unix://".length)] : []),
    "/var/run/docker.sock",
    ...(runtimeDirectory ? [`${runtimeDirectory}/podman/podman.sock`] : []),
    "/run/podman/podman.sock",
  ];
  return [...new Set(sockets)];
}

async function askEngine(
  socket: string,
  timeoutMs: number,
): Promise<{ name: keyof Engines; engine: Engine } | undefined> {
  try {
    await get(socket, "/_ping", timeoutMs);
    const version = Version.parse(JSON.parse(await get(socket, "/version", VERSION_TIMEOUT_MS)));
    const isPodman = version.Components?.some(({ Name }) => /podman/i.test(Name)) ?? false;
    return { name: isPodman ? "podman" : "docker", engine: { socket, version: version.Version } };
  } catch {
    return undefined;
  }
}

const MAX_ANSWER_BYTES = 1024 * 1024;

function get(socketPath: string, path: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ socketPath, path, signal }, (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`status ${answer.statusCode}`));
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (piece: string) => {
        text += piece;
        if (text.length > MAX_ANSWER_BYTES) answer.destroy(new Error("answer too long"));
      });
      answer.on("end", () => resolve(text));
      answer.on("error", reject);
    });
    asked.on("error", reject);
    asked.end();
  });
}
