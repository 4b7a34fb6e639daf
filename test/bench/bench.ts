import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { printTable } from "../../bot/replies/plain-text.ts";
import { type Figure, type Summary, summarize } from "./measure.ts";

/**
 * `npm run bench` measures everything, `npm run bench -- P1` one. Each target stands beside the
 * floor that was measured in the same run; absolute times mean little on another machine.
 */
const benches: Readonly<Record<string, () => Promise<Figure[]>>> = {
  P1: async () => (await import("./p1.ts")).measureP1(),
  P2a: async () => (await import("./p2a.ts")).measureP2a(),
  P2b: async () => (await import("./p2b.ts")).measureP2b(),
  P3: async () => (await import("./p3.ts")).measureP3(),
  P5: async () => (await import("./p5.ts")).measureP5(),
  P6: async () => (await import("./p6.ts")).measureP6(),
  P6c: async () => (await import("./p6-container.ts")).measureP6Container(),
  P7: async () => (await import("./p7.ts")).measureP7(),
  START: async () => (await import("./start.ts")).measureStart(),
  linear: async () => (await import("./linear.ts")).measureLinear(),
  audit: async () => (await import("./audit.ts")).measureAudit(),
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const wanted = positionals.length > 0 ? positionals : Object.keys(benches);
const summaries: Summary[] = [];
for (const id of wanted) {
  const measure = benches[id];
  if (!measure) {
    process.stderr.write(`bench: no ${id}; there are ${Object.keys(benches).join(", ")}\n`);
    process.exit(64);
  }
  process.stderr.write(`measuring ${id} …\n`);
  summaries.push(...(await measure()).map(summarize));
}
const directory = join(import.meta.dirname, "results");
mkdirSync(directory, { recursive: true });
const file = join(directory, "latest.json");
const machine = { cpus: cpus().length, node: process.version };
writeFileSync(file, `${JSON.stringify({ machine, summaries }, null, 2)}\n`);
process.stdout.write(values.json ? `${JSON.stringify(summaries, null, 2)}\n` : `${table()}\n`);

function table(): string {
  const number = (value: number) => value.toPrecision(3);
  const rows = summaries.map((s) => [
    s.id,
    s.what,
    `${number(s.measured)} ${s.unit}`,
    `${number(s.floor)} ${s.unit}`,
    number(s.ratio),
    `${number(s.lowest)}–${number(s.highest)}`,
    s.target,
    s.isMet ? "met" : "missed",
  ]);
  const head = ["ID", "WHAT", "MEASURED", "FLOOR", "RATIO", "SPREAD", "TARGET", ""];
  const notes = summaries.flatMap(({ id, floorName, notes: own }) => [
    `${id} floor: ${floorName}`,
    ...own.map((note) => `${id}: ${note}`),
  ]);
  return `${printTable([head, ...rows])}\n\n${[...new Set(notes)].join("\n")}`;
}
