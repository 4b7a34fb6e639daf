import { RELAY_KEYS } from "../../relay/config.ts";
import { joinRelay } from "../../relay/enrol.ts";
import { relayDirectory } from "../../relay/identity.ts";
import { startRelay } from "../../relay/main.ts";
import { loadConfig } from "../../relay/process/config.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { engineRuntime } from "../../relay/runtime/engine/engine.ts";
import type { ContainerRuntime } from "../../relay/runtime/runtime.ts";
import { parseJoinToken } from "../../relay/wire/join-token.ts";

/** The real relay in a process of its own, on Docker with a log driver that it would not choose. */
const [natsUrl = "", joinToken = "", dataDirectory = "", socket = "", image = "", driver = ""] =
  process.argv.slice(2);
const log = createLogger({ level: "error" });
const loaded = loadConfig(RELAY_KEYS, { env: {}, cwd: dataDirectory });
if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
const token = parseJoinToken(joinToken);
if (!token) throw new Error("not a join token");
const onError = (error: unknown) => log.error({ err: error }, "bus");
const bus = await connectNats({ servers: natsUrl, name: "bench relay", onError, log });
const directory = relayDirectory(dataDirectory);
const joined = await joinRelay({ bus, token, directory, hostname: "bench" });
if (!joined.ok) throw new Error(joined.reason);

const runtime = engineRuntime({
  name: "docker",
  socket,
  relayId: joined.identity.relayId,
  log,
  alter: (body) => ({
    ...body,
    HostConfig: { ...body.HostConfig, LogConfig: { Type: driver } },
  }),
});
const withImage: ContainerRuntime = {
  ...runtime,
  run: (spec, output, signal) => runtime.run({ ...spec, image }, output, signal),
};
const config = loaded.values;
await startRelay({ config, dataDirectory, log, bus, runtimes: [withImage] });
process.send?.("ready");
process.on("disconnect", () => process.exit(0));
