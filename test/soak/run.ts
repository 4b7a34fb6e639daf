import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { printTable } from "../../bot/replies/plain-text.ts";
import { canStartEngines } from "../support/engines.ts";
import { runSoak } from "./soak.ts";

/**
 * `npm run soak`: a thousand executions in containers, with cancels, timeouts and deaths of the
 * relay; then whatever is left behind is counted. `--engine podman` for the other engine.
 */
const { values } = parseArgs({
  options: {
    executions: { type: "string", default: "1000" },
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
    engine: { type: "string", default: "docker" },
  },
});
const [executions, seed] = [Number(values.executions), Number(values.seed)];
const { engine } = values;
if (!executions || !Number.isInteger(seed) || (engine !== "docker" && engine !== "podman")) {
  process.stderr.write("soak: --executions and --seed are numbers, --engine is docker or podman\n");
  process.exit(64);
}
if (!canStartEngines) {
  process.stderr.write("soak: needs root, and the programs of an engine\n");
  process.exit(69);
}
const report = await runSoak({
  executions,
  seed,
  engine,
  onProgress: (line) => process.stderr.write(`${line}\n`),
});
const { states, relayKills, tookMs, findings } = report;
const rows = [...states].map(([state, count]) => [state, String(count)]);
process.stdout.write(`${printTable([["ENDED AS", "TIMES"], ...rows])}\n\n`);
const seconds = Math.round(tookMs / 1000);
process.stdout.write(
  `seed ${seed}: ${seconds} s on ${engine}, ${relayKills} deaths of the relay\n`,
);
process.stdout.write(`${findings.length === 0 ? "nothing is left behind" : findings.join("\n")}\n`);
process.exit(findings.length === 0 ? 0 : 1);
