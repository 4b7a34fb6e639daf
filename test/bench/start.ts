import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../relay/process/package-root.ts";
import { type Figure, median, ROUNDS, type Round, timed } from "./measure.ts";

const TARGET_MS = 300;
const STARTS = 5;
const PROGRAM = join(packageRoot(), "dist/bot/cli/aldis.js");
const BUNDLE = ["--bundle", join(packageRoot(), "bundles/demo.yaml")] as const;

const commands: readonly (readonly [id: string, what: string, args: readonly string[]])[] = [
  ["START/parse", "aldis parse, without a bundle", ["parse", "!demo:sleep 5"]],
  ["START/bundle", "aldis parse, with a bundle", ["parse", "!sleep 5", ...BUNDLE]],
  [
    "START/rules",
    "aldis rules test, with a bundle and a pattern",
    ["rules", "test", "with arg[0] in [/^[0-9]+$/] allow", "--command", "!sleep 5", ...BUNDLE],
  ],
];

/** Start to end of the commands that need no bot, each as a process of its own. */
export async function measureStart(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [id, what, args] of commands) figures.push(await measureOne(id, what, args));
  return figures;
}

async function measureOne(id: string, what: string, args: readonly string[]): Promise<Figure> {
  const bare: number[] = [];
  const rounds: Round[] = [];
  await runNode(PROGRAM, ...args);
  for (let round = 0; round < ROUNDS; round++) {
    const took: number[] = [];
    for (let start = 0; start < STARTS; start++) {
      took.push(await timed(() => runNode(PROGRAM, ...args)));
      bare.push(await timed(() => runNode("-e", "0")));
    }
    rounds.push({ measured: median(took), floor: TARGET_MS });
  }
  const notes = [`node -e 0 takes ${median(bare).toFixed(0)} ms here`];
  const floorName = `${TARGET_MS} ms`;
  return { id, what, unit: "ms", direction: "≤", target: 1, floorName, rounds, notes };
}

/** Rejects when the process ends with anything but 0. */
function runNode(...args: readonly string[]): Promise<unknown> {
  return promisify(execFile)(process.execPath, args);
}
