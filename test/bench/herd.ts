import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { fromRelay, signAsRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { readSigningKey, type SigningKey } from "../../relay/wire/keys.ts";
import { upFrom } from "../../relay/wire/subjects.ts";

/** Many relays in one process, which do nothing but say every five seconds that they live. */
const HEARTBEAT_MS = 5_000;
const log = createLogger({ level: "error" });
const bus = await connectNats({
  servers: process.argv[2] ?? "",
  name: "herd",
  onError: (error) => log.error({ err: error }, "bus"),
  log,
});

process.once("message", ({ pem, ids }: { pem: string; ids: string[] }) => {
  const key = readSigningKey(pem);
  for (const [index, id] of ids.entries()) {
    setTimeout(() => live(id, key), (index / ids.length) * HEARTBEAT_MS);
  }
});
process.on("disconnect", () => process.exit(0));

function live(id: string, key: SigningKey): void {
  const epoch = randomName();
  let number = 0;
  bus.subscribe(`aldis.down.${id}`, {}, async (message) => {
    const body = Buffer.from(message.payload).toString("latin1").split(".")[1] ?? "";
    const { nonce } = JSON.parse(Buffer.from(body, "base64url").toString());
    message.respond(await signAsRelay(key, fromRelay.challengeAnswer, { nonce, epoch }));
  });
  async function announce(): Promise<void> {
    const presence = {
      epoch,
      number: ++number,
      program: "herd",
      tags: { role: "web" },
      capacity: 8,
      running: 0,
      draining: false,
      runtimes: ["native"],
      keyListNumber: 1_000_000,
    };
    bus.publish(upFrom(id, "presence"), await signAsRelay(key, fromRelay.presence, presence));
  }
  void announce();
  setInterval(announce, HEARTBEAT_MS);
}
