import { homedir, hostname } from "node:os";
import { describeHeads } from "./agent/show-heads.ts";
import { BOT_SECTIONS, RELAY_KEYS } from "./config.ts";
import { connectAsRelay, connectToJoin } from "./connect.ts";
import { joinRelay } from "./enrol.ts";
import { EXIT, RelayFailure } from "./failure.ts";
import { relayDirectory } from "./identity.ts";
import { engineImages } from "./images/engine-images.ts";
import { importFile } from "./images/import-file.ts";
import { identityIn, startRelay } from "./main.ts";
import { describePolicy } from "./policy/describe.ts";
import { openPolicy } from "./policy/load.ts";
import { loadConfig } from "./process/config.ts";
import { defaultDataDirectory, lockDataDirectory } from "./process/data-dir.ts";
import { armFaultPoint } from "./process/fault-point.ts";
import { createLogger } from "./process/logger.ts";
import { listenForSignals } from "./process/signals.ts";
import { rotateKeys } from "./rotate.ts";
import { detectEngines } from "./runtime/detect.ts";
import { parseJoinToken } from "./wire/join-token.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `aldis relay`: runs until a signal; resolves to the exit code. */
export async function runRelay(path: string | undefined, env: Environment): Promise<number> {
  const { config, dataDirectory, log } = readConfig(path, env);
  armFaultPoint(env, log);
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<void>();
  const signals = listenForSignals({
    onFirst(signal) {
      log.info({ signal }, "stopping");
      stopping.abort();
      stopped.resolve();
    },
  });
  try {
    const relay = await startRelay({ config, dataDirectory, log, signal: stopping.signal, env });
    await stopped.promise;
    await relay.stop();
    log.info("relay stopped");
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    throw error;
  } finally {
    signals.release();
  }
}

/** `aldis relay join TOKEN`: resolves to the exit code. */
export async function runJoin(
  text: string,
  path: string | undefined,
  env: Environment,
): Promise<number> {
  const token = parseJoinToken(text);
  if (!token) {
    const line = 'this is no join token: copy the whole of what "aldis relay enrol" has printed';
    throw new RelayFailure(line, EXIT.usage);
  }
  const { config, dataDirectory, log } = readConfig(path, env);
  const bus = await connectToJoin({ config, log }, token);
  try {
    const directory = relayDirectory(dataDirectory);
    const joined = await joinRelay({ bus, token, directory, hostname: hostname() });
    if (!joined.ok) throw new RelayFailure(`not joined: ${joined.reason}`, EXIT.refused);
    process.stdout.write(`joined as "${joined.identity.name}"; start it with: aldis relay\n`);
    return 0;
  } finally {
    await bus.stop();
  }
}

/** `aldis relay rotate`, while the relay does not run: resolves to the exit code. */
export async function runRotate(path: string | undefined, env: Environment): Promise<number> {
  const { config, dataDirectory, log } = readConfig(path, env);
  const directory = relayDirectory(dataDirectory);
  const lock = await lockDataDirectory(directory);
  if (!lock.locked) throw new RelayFailure(lock.message, EXIT.configuration);
  try {
    const identity = await identityIn(directory);
    const bus = await connectAsRelay({ config, log }, identity, directory);
    const rotated = await rotateKeys({ bus, directory, identity }).finally(() => bus.stop());
    if (!rotated.ok) throw new RelayFailure(`keys not changed: ${rotated.reason}`, EXIT.refused);
    process.stdout.write(`new keys count from now on; start it with: aldis relay\n`);
    return 0;
  } finally {
    await lock.release();
  }
}

/** `aldis relay head`: reads the disk only; resolves to the exit code. */
export async function runHead(
  path: string | undefined,
  env: Environment,
  options: { json?: boolean },
): Promise<number> {
  const directory = relayDirectory(readConfig(path, env).dataDirectory);
  const { name } = await identityIn(directory);
  process.stdout.write(await describeHeads(directory, name, options));
  return 0;
}

/** `aldis relay check-policy FILE`: reads the file only; resolves to the exit code. */
export async function runCheckPolicy(file: string): Promise<number> {
  process.stdout.write(`${file}: ${describePolicy(await openPolicy(file))}\n`);
  return 0;
}

/** `aldis relay import FILE`: needs no bot, and the relay may run; resolves to the exit code. */
export async function runImport(file: string, env: Environment): Promise<number> {
  const { docker, podman } = await detectEngines({ env });
  const found = docker ?? podman;
  if (!found) {
    const line =
      "no container engine answers on this host: start Docker or Podman, or set DOCKER_HOST";
    throw new RelayFailure(line, EXIT.unavailable);
  }
  const engine = engineImages(found.socket);
  const imported = await importFile(engine, file).finally(() => engine.close());
  for (const { name, id } of imported) process.stdout.write(`imported ${name} (${id})\n`);
  return 0;
}

function readConfig(configPath: string | undefined, env: Environment) {
  const loaded = loadConfig(RELAY_KEYS, {
    configPath,
    env,
    cwd: process.cwd(),
    elsewhere: BOT_SECTIONS,
  });
  if (!loaded.ok) throw new RelayFailure(loaded.errors.join("\n"), EXIT.configuration);
  const config = loaded.values;
  const log = createLogger({ level: config["log.level"], pretty: process.stderr.isTTY });
  for (const warning of loaded.warnings) log.warn({ warning }, "configuration");
  const user = { uid: process.getuid?.() ?? -1, homedir: homedir() };
  const dataDirectory = config.data_dir ?? defaultDataDirectory(env, user);
  return { config, dataDirectory, log };
}
