import { spawn } from "node:child_process";
import { createHash } from "node:crypto";

/** The floor of P6: a command's output through a pipe into a hash, and nothing else. */
process.on("message", (argv: readonly string[]) => {
  void run(argv).then((ms) => process.send?.({ ms }));
});

async function run([program = "", ...words]: readonly string[]): Promise<number> {
  const start = performance.now();
  const child = spawn(program, words, { stdio: ["ignore", "pipe", "ignore"] });
  const hash = createHash("sha256");
  for await (const bytes of child.stdout) hash.update(bytes);
  hash.digest();
  return performance.now() - start;
}
