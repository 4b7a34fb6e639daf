import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FaultStep } from "../../relay/process/fault-point.ts";
import { waitFor } from "../support/wait.ts";
import type { Host } from "./host.ts";
import type { Landscape } from "./landscape.ts";
import { markLine, type Printing } from "./marking.ts";

export type Fault = "killed there" | "NATS restarted" | "Postgres restarted";

/** Half of it comes before a pause, so that a fault can meet it in the middle. */
export const PRINTING: Printing = { lines: 200, parts: 2, pauseS: 0.15 };

/** Says a line, lets the fault happen where the execution has come to the step, and returns its id. */
export async function meetFault(
  land: Landscape,
  { host, step, fault }: { host: Host; step: FaultStep; fault: Fault },
): Promise<string> {
  const file = join(land.folder, `${host.name} ${step} ${fault}`);
  const point = `${step}=${fault === "killed there" ? "kill" : "pause"}`;
  await host.start({ ALDIS_FAULT_POINT: point, ALDIS_FAULT_FILE: file });
  assert.ok(host.said().some(saysOnPurpose), "it did not warn of its fault point");
  const [executionId] = await Promise.all([
    land.caller.say(markLine(PRINTING)),
    strike(land, host, fault, file),
  ]);
  return executionId;
}

function saysOnPurpose(line: string): boolean {
  return line.includes('"level":"warn"') && line.includes("on purpose");
}

async function strike(land: Landscape, host: Host, fault: Fault, file: string): Promise<void> {
  await waitFor(() => existsSync(file), { what: `${host.name} to come to the step` });
  if (fault === "killed there") {
    await waitFor(() => !host.isRunning(), { what: `${host.name} to end` });
    await host.start();
    return;
  }
  await (fault === "NATS restarted" ? land.nats : land.postgres).restart();
  await writeFile(`${file}.release`, "");
}
