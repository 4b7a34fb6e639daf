import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { engineClient } from "../../relay/runtime/engine/client.ts";
import { processesSaying } from "../relay/runtime/engine/host-processes.ts";
import type { Contained } from "./contained.ts";

const Container = z.object({ Id: z.string() }).transform(({ Id }) => `container ${Id}`);
const Network = z.object({ Name: z.string() }).transform(({ Name }) => `network ${Name}`);
const Volume = z.object({ Name: z.string() }).transform(({ Name }) => `volume ${Name}`);
const Volumes = z.object({ Volumes: z.array(Volume).nullish() });

/** A way to see what commands leave behind; what is there when it is made does not count. */
export async function watchLeftBehind(
  contained: Pick<Contained, "engine" | "temporary" | "relay">,
): Promise<() => Promise<string[]>> {
  const before = new Set(await everything(contained));
  return async () => (await everything(contained)).filter((each) => !before.has(each));
}

async function everything({
  engine,
  temporary,
  relay,
}: Pick<Contained, "engine" | "temporary" | "relay">): Promise<string[]> {
  const spool = join(relay.env.ALDIS_DATA_DIR ?? "", "relay/spool");
  const found = await Promise.all([
    inEngine(engine.socket),
    processes(["sleep 600", `${engine.directory}/exec`, `${engine.directory}/root`]),
    filesIn(temporary),
    filesIn(spool),
    mountsBelow(engine.directory),
  ]);
  return found.flat();
}

async function inEngine(socket: string): Promise<string[]> {
  const client = engineClient(socket);
  const get = <T>(path: string, schema: z.ZodType<T>) =>
    client.call({ method: "GET", path }, schema);
  try {
    const containers = await get("/containers/json?all=true", z.array(Container));
    const networks = await get("/networks", z.array(Network));
    const { Volumes: volumes } = await get("/volumes", Volumes);
    return [...containers, ...networks, ...(volumes ?? [])];
  } finally {
    client.close();
  }
}

async function processes(words: readonly string[]): Promise<string[]> {
  const found = await Promise.all(words.map(processesSaying));
  return [...new Set(found.flat())].map((pid) => `process ${pid}`);
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.map((name) => join(folder, name));
}

async function mountsBelow(folder: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("mount");
  return stdout.split("\n").filter((line) => line.includes(` on ${folder}/`));
}
