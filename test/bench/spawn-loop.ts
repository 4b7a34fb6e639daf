import { spawn } from "node:child_process";

/** The floor of P2b: spawns a command, `inFlight` at a time, and nothing else. */
process.on("message", (wish: { count: number; inFlight: number }) => {
  void run(wish).then((ms) => process.send?.({ ms }));
});

async function run({ count, inFlight }: { count: number; inFlight: number }): Promise<number> {
  const start = performance.now();
  let left = count;
  const worker = async () => {
    while (left-- > 0) await once();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return performance.now() - start;
}

function once(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/true", { stdio: ["ignore", "pipe", "pipe"], detached: true });
    child.once("error", reject);
    child.once("close", () => resolve());
  });
}
