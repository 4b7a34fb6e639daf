import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { runChaos } from "./chaos.ts";
import { printReport } from "./report.ts";

/**
 * `npm run chaos`: two bots and five relays, thousands of executions, and everything going wrong.
 * A seed makes the same troubles again, as far as the machine lets them meet the same moments.
 */
const { values } = parseArgs({
  options: {
    executions: { type: "string", default: "10000" },
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
    minutes: { type: "string", default: "120" },
  },
});
const [executions, seed, minutes] = [values.executions, values.seed, values.minutes].map(Number);
if (!executions || !minutes || !Number.isInteger(seed)) {
  process.stderr.write("chaos: --executions, --seed and --minutes are numbers\n");
  process.exit(64);
}
const report = await runChaos({
  executions,
  seed: seed ?? 0,
  mostMs: minutes * 60_000,
  bots: 2,
  relays: 5,
  troubleEveryMs: 1_000,
  longCuts: true,
  onProgress: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${printReport(report)}\n`);
process.exit(report.findings.length === 0 ? 0 : 1);
