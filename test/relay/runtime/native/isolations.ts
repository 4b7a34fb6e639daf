import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { chooseIsolation } from "../../../../relay/runtime/native/choose-isolation.ts";
import { ISOLATIONS, type Isolation } from "../../../../relay/runtime/native/isolation.ts";
import { startForked } from "../../../../relay/runtime/native/start-forked.ts";
import { nativeRuntime } from "../../../../relay/runtime/native.ts";
import type { ContainerRuntime } from "../../../../relay/runtime/runtime.ts";

/** What this host can do; `none` is always among it. */
export async function possibleIsolations(): Promise<Isolation[]> {
  const choices = await Promise.all(ISOLATIONS.map((name) => chooseIsolation(name)));
  return ISOLATIONS.filter((_, index) => choices[index]?.ok);
}

/** A runtime whose forker ends with the test file. */
export function forkedRuntime(isolation: Isolation): ContainerRuntime {
  const directoryPrefix = join(tmpdir(), `aldis-test-${process.pid}-`);
  const starter = startForked(isolation);
  afterAll(() => starter.stop());
  return nativeRuntime({ killGraceMs: 500, pipeIdleMs: 100, directoryPrefix, starter });
}
