import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../relay/process/package-root.ts";
import { generatedPages } from "./generated.ts";

// `npm run docs`.
for (const { path, text } of generatedPages()) {
  writeFileSync(join(packageRoot(), path), text);
  process.stdout.write(`${path} written\n`);
}
