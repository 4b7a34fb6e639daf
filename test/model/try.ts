import { World } from "./world.ts";
const coverage = new Map<string, number>();
const [from = 1, count = 1, traced = 0] = process.argv.slice(2).map(Number);
let bad = 0, sim = 0; const t = performance.now();
const kinds = new Map<string, number[]>();
for (let seed = from; seed < from + count; seed++) {
  const o = await new World(seed, { coverage, isTraced: !!traced }).run();
  sim += o.simulatedMs;
  if (traced) console.log(o.trace.lines.join("\n"));
  if (o.broken.length) { bad++; const k = o.broken[0].replace(/[0-9a-f]{8}\/\d+/g,'*'); kinds.set(k, [...(kinds.get(k)??[]), seed]); if (traced) console.log(o.broken); }
}
const ms = performance.now() - t;
for (const [k, s] of [...kinds].sort((a,b)=>b[1].length-a[1].length).slice(0,25)) console.log(s.length, k, s.slice(0,6).join(" "));
console.log({ bad, perSchedule: ms / count, simS: sim / count / 1000 });
if (process.env.COV) for (const [k,v] of [...coverage].sort()) console.log(String(v).padStart(8), k);
