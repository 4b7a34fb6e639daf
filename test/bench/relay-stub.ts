import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { fromRelay, signAsRelay } from "../../relay/wire/envelope.ts";
import { joinScriptedRelay } from "../support/scripted-relay.ts";

/**
 * A relay in a process of its own that takes every offer and goes no further, so that P1 ends
 * where it should. On `bench.floor` it signs the same kind of answer without looking at anything.
 */
const [natsUrl = "", joinToken = ""] = process.argv.slice(2);
const log = createLogger({ level: "error" });
const bus = await connectNats({
  servers: natsUrl,
  name: "bench relay",
  onError: (error) => log.error({ err: error }, "bus"),
  log,
});
const relay = await joinScriptedRelay(bus, joinToken, "bench");
const answer = { executionId: "00000000-0000-4000-8000-000000000000", attempt: 1 };
bus.subscribe("bench.floor", {}, async (message) => {
  message.respond(await signAsRelay(relay.key, fromRelay.offerAnswer, answer));
});
await relay.announce({ capacity: 1_000_000 });
setInterval(() => void relay.announce({ capacity: 1_000_000 }), 5_000);
process.stdout.write(`ready ${relay.id}\n`);
process.on("disconnect", () => process.exit(0));
