import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Landscape } from "../faults/landscape.ts";
import { runProgram } from "../faults/program.ts";

/** `aldis audit verify` on the database, with the heads that every relay has kept. */
export async function verifyAuditOf({ postgres, relays, folder }: Landscape): Promise<string[]> {
  const heads: string[] = [];
  try {
    for (const relay of relays) {
      const file = join(folder, `${relay.name}.head`);
      const said = await runProgram(["relay", "head", "--json"], relay.env);
      await writeFile(file, said.join("\n"));
      heads.push("--head", file);
    }
    await runProgram(["audit", "verify", "--database", postgres.appUrl, ...heads], {});
    return [];
  } catch (error) {
    return [`the audit does not hold: ${error instanceof Error ? error.message : String(error)}`];
  }
}
