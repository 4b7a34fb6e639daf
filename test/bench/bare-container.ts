import { createRequire } from "node:module";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { pathToFileURL } from "node:url";
import type { EngineName } from "../support/engines.ts";

/** What P3 needs of dockerode. */
interface Container {
  attach(options: object): Promise<Duplex>;
  wait(options: object): Promise<{ StatusCode: number }>;
  start(): Promise<unknown>;
  inspect(): Promise<{ State: { Running: boolean; ExitCode: number } }>;
  remove(options: object): Promise<unknown>;
}
export interface Dockerode {
  createContainer(body: object): Promise<Container>;
}

const requireHere = createRequire(join(import.meta.dirname, "package.json"));

/** Of the bench's own package; without `npm ci --prefix test/bench --ignore-scripts` there is none. */
export async function openDockerode(socketPath: string): Promise<Dockerode> {
  const { default: Docker } = await import(pathToFileURL(requireHere.resolve("dockerode")).href);
  return new Docker({ socketPath });
}

/** The fewest questions that run one command in a container, hear it to its end and remove it. */
export async function runBare(engine: EngineName, docker: Dockerode, body: object): Promise<void> {
  const container = await docker.createContainer(body);
  const stream = await container.attach({ stream: true, stdout: true, stderr: true, hijack: true });
  const read = readAll(stream);
  const waited = engine === "docker" ? container.wait({ condition: "next-exit" }) : undefined;
  await container.start();
  await read;
  const code = waited ? (await waited).StatusCode : await codeOf(container);
  await container.remove({ force: true, v: true });
  if (code !== 0) throw new Error(`a bare container ended with ${code}`);
}

/** Podman's wait looks only four times in a second. */
async function codeOf(container: Container): Promise<number> {
  for (;;) {
    const { State } = await container.inspect();
    if (!State.Running) return State.ExitCode;
  }
}

async function readAll(stream: Duplex): Promise<void> {
  for await (const _ of stream);
}
