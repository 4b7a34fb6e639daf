import { createHash } from "node:crypto";
import { engineClient } from "../../relay/runtime/engine/client.ts";
import { containersOf } from "../../relay/runtime/engine/containers.ts";

/** The floor of P6 in a container: its attached stream into a hash, frames and all. */
const [socket = ""] = process.argv.slice(2);
const containers = containersOf(engineClient(socket));

process.on("message", (body: object) => {
  void run(body).then((ms) => process.send?.({ ms }));
});

async function run(body: object): Promise<number> {
  const start = performance.now();
  const id = await containers.create(`bare-${process.hrtime.bigint()}`, body);
  const stream = await containers.attach(id, false);
  const exit = await containers.nextExit(id);
  const hash = createHash("sha256");
  await containers.start(id);
  for await (const bytes of stream) hash.update(bytes);
  hash.digest();
  await exit.code;
  await containers.remove(id);
  return performance.now() - start;
}
