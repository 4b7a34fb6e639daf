import { findFailure } from "./schedules.ts";
import { VARIANTS } from "./variants.ts";
for (const variant of VARIANTS) { const seeds=[]; let from=1; const t=performance.now(); let b=""; for(let k=0;k<(variant.forgetsOffers?2:4);k++){ const f = await findFailure({ from, count: 3000, variant }); if(!f) {seeds.push(-1);break;} seeds.push(f.seed-from+1); from=f.seed+1; b=f.broken[0]??"";} console.log(variant.name, "|", seeds.join(" "), b, Math.round(performance.now()-t)); }
