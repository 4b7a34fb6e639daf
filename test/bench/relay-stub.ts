import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { fromRelay, signAsRelay } from "../../relay/wire/envelope.ts";
import type { Offer } from "../../relay/wire/messages.ts";
import { attemptOf, joinScriptedRelay } from "../support/scripted-relay.ts";

/**
 * A relay in a process of its own that takes every offer unseen and goes no further: P1 is about
 * the bot. On `bench.floor` it signs the same kind of answer.
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
const answer = {
  answers: [{ executionId: "00000000-0000-4000-8000-000000000000", attempt: 1 }],
};
relay.onOffer = async (message) => {
  const body = Buffer.from(message.payload).toString("latin1").split(".")[1] ?? "";
  const offer: Offer = JSON.parse(Buffer.from(body, "base64url").toString());
  const answers = offer.offers.map(attemptOf);
  message.respond(await signAsRelay(relay.key, fromRelay.offerAnswer, { answers }));
};
bus.subscribe("bench.floor", {}, async (message) => {
  message.respond(await signAsRelay(relay.key, fromRelay.offerAnswer, answer));
});
await relay.announce({ capacity: 1_000_000 });
setInterval(() => void relay.announce({ capacity: 1_000_000 }), 5_000);
process.stdout.write(`ready ${relay.id}\n`);
process.on("disconnect", () => process.exit(0));
