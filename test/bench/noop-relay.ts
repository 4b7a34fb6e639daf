import { RELAY_KEYS } from "../../relay/config.ts";
import { joinRelay } from "../../relay/enrol.ts";
import { relayDirectory } from "../../relay/identity.ts";
import { startRelay } from "../../relay/main.ts";
import { loadConfig } from "../../relay/process/config.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import type { ContainerRuntime } from "../../relay/runtime/runtime.ts";
import { parseJoinToken } from "../../relay/wire/join-token.ts";

/** The real relay in a process of its own, whose commands do nothing: P2a is about the rest. */
const [natsUrl = "", joinToken = "", dataDirectory = "", capacity = "256"] = process.argv.slice(2);
const log = createLogger({ level: "error" });
const env = { ALDIS_RELAY_NATIVE: "bench", ALDIS_RELAY_CAPACITY: capacity };
const loaded = loadConfig(RELAY_KEYS, { env, cwd: dataDirectory });
if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
const token = parseJoinToken(joinToken);
if (!token) throw new Error("not a join token");
const onError = (error: unknown) => log.error({ err: error }, "bus");
const bus = await connectNats({ servers: natsUrl, name: "bench relay", onError, log });
const directory = relayDirectory(dataDirectory);
const joined = await joinRelay({ bus, token, directory, hostname: "bench" });
if (!joined.ok) throw new Error(joined.reason);

const noop: ContainerRuntime = {
  name: "native",
  async run(spec) {
    return spec.mayStart() ? { kind: "exited", code: 0 } : { kind: "withheld" };
  },
  async remove() {},
};
const config = loaded.values;
await startRelay({ config, dataDirectory, log, bus, runtimes: [noop] });
process.stdout.write(`ready ${joined.identity.relayId}\n`);
process.on("disconnect", () => process.exit(0));
