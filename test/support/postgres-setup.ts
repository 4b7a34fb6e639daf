import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startTestCluster } from "./postgres-cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    postgresBroker: string;
  }
}

/**
 * The run's one Postgres, started when the first test asks for it through a socket, so that runs
 * of pure tests do without. Named as `globalSetup` in vitest.config.ts.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "aldis-broker-"));
  const path = join(folder, "socket");
  let cluster: ReturnType<typeof startTestCluster> | undefined;
  const broker = createServer((socket) => {
    socket.on("error", () => {});
    cluster ??= startTestCluster();
    cluster.then(
      ({ ownerUrl, appUrl, template }) =>
        socket.end(JSON.stringify({ ownerUrl, appUrl, template })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    );
  });
  await new Promise<void>((resolve) => broker.listen(path, resolve));
  project.provide("postgresBroker", path);
  return async () => {
    broker.close();
    await cluster?.then((started) => started.stop()).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
}
