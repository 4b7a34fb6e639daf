import { execFile } from "node:child_process";
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { detectEngines } from "../../relay/runtime/detect.ts";
import { exited, spawnWithWorker } from "./child.ts";
import { importImage } from "./engine-image.ts";
import { searchPath } from "./nats-server-binary.ts";
import { waitFor } from "./wait.ts";

export type EngineName = "docker" | "podman";

/** A container engine that is there for one test file. */
export interface TestEngine {
  name: EngineName;
  socket: string;
  /** The id of a small image: busybox, with a shell. */
  image: string;
  directory: string;
  /** Ends it at once (SIGKILL); what runs in its containers may go on. */
  kill(): Promise<void>;
  /** Starts it anew on what it has, after it was killed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface EngineStart {
  /** Default: that of the machine. One that is not there leaves the engine without. */
  initPath?: string;
  /** More words for its command line. */
  args?: readonly string[];
}

const PROGRAMS = ["dockerd", "docker-init", "podman", "runc", "conmon", "busybox", "tar"];

/** Whether this user and this machine can start engines. */
export const canStartEngines =
  process.getuid?.() === 0 && PROGRAMS.every((program) => searchPath(program) !== undefined);

const run = promisify(execFile);

/** Starts a real engine of its own, on a socket in a directory of its own, with one image. */
export async function startEngine(
  name: EngineName,
  options: EngineStart = {},
): Promise<TestEngine> {
  const directory = await mkdtemp(join(tmpdir(), `aldis-${name}-`));
  const socket = join(directory, "socket");
  const [program, args, env] = await commandOf(name, directory, socket, options);
  const spawnEngine = () =>
    spawnWithWorker(program, [...args, ...(options.args ?? [])], {
      stdio: "ignore",
      env: { ...process.env, ...env },
    });
  let child = spawnEngine();

  async function kill(): Promise<void> {
    child.kill("SIGKILL");
    await exited(child);
  }

  async function restart(): Promise<void> {
    // Where nobody reaps what has no parent, their numbers would still be taken.
    const numbers = ["pid", "exec/containerd/containerd.pid"];
    await Promise.all(numbers.map((file) => rm(join(directory, file), { force: true })));
    child = spawnEngine();
    await waitFor(() => answers(name, socket), { what: `${name} to answer again` });
  }

  async function stop(): Promise<void> {
    child.kill("SIGTERM");
    await exited(child);
    await killMentioning(directory);
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await waitFor(() => answers(name, socket), { what: `${name} to answer`, timeoutMs: 50_000 });
    const image = await importImage(socket, await makeRoot(directory));
    return { name, socket, image, directory, kill, restart, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(name: EngineName, socket: string): Promise<boolean> {
  const found = await detectEngines({ env: { DOCKER_HOST: `unix://${socket}` } });
  return found[name]?.socket === socket;
}

type Command = [program: string, args: string[], env: Record<string, string>];

async function commandOf(
  name: EngineName,
  directory: string,
  socket: string,
  { initPath = searchPath("docker-init") ?? "" }: EngineStart,
): Promise<Command> {
  if (name === "docker") return dockerd(directory, socket, initPath);
  return await podmanService(directory, socket, initPath);
}

/** With a bridge: without one, "no network" would prove nothing. It touches no table of the host. */
function dockerd(directory: string, socket: string, initPath: string): Command {
  const number = 64 + (process.pid % 128);
  const network = ["--bip", `10.77.${number}.1/24`, "--iptables=false", "--ip6tables=false"];
  const places = ["--data-root", join(directory, "data"), "--exec-root", join(directory, "exec")];
  const own = ["--ip-masq=false", "--storage-driver=overlay2", "--pidfile", join(directory, "pid")];
  const init = ["--init-path", initPath];
  return ["dockerd", [...network, ...places, ...own, ...init, "-H", `unix://${socket}`], {}];
}

async function podmanService(
  directory: string,
  socket: string,
  initPath: string,
): Promise<Command> {
  const file = join(directory, "containers.conf");
  const lines = [
    "[containers]",
    'default_ulimits = ["nofile=4096:4096","nproc=4096:4096"]',
    "[engine]",
    `init_path = "${initPath}"`,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const places = ["--root", join(directory, "root"), "--runroot", join(directory, "run")];
  const service = ["system", "service", "--time=0", `unix://${socket}`];
  return ["podman", [...places, "--runtime", "runc", ...service], { CONTAINERS_CONF: file }];
}

/** A tar of a root with busybox, and whatever else a probe needs. */
async function makeRoot(directory: string): Promise<string> {
  const root = join(directory, "image");
  await mkdir(join(root, "bin"), { recursive: true });
  await mkdir(join(root, "etc"));
  await mkdir(join(root, "tmp"));
  await copyFile(searchPath("busybox") ?? "busybox", join(root, "bin/busybox"));
  const { stdout } = await run(join(root, "bin/busybox"), ["--list"]);
  const names = stdout.split("\n").filter((name) => name !== "" && name !== "busybox");
  await Promise.all(names.map((name) => symlink("busybox", join(root, "bin", name))));
  await writeFile(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\n");
  await copyFile(join(root, "bin/busybox"), join(root, "bin/busybox-setuid"));
  await run("chmod", ["4755", join(root, "bin/busybox-setuid")]);
  await run("chmod", ["1777", join(root, "tmp")]);
  const tar = join(directory, "image.tar");
  await run("tar", ["-C", root, "-c", "-f", tar, "."]);
  return tar;
}

/** An engine that was killed leaves behind whatever watches its containers. */
async function killMentioning(directory: string): Promise<void> {
  const numbers = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  for (const number of numbers) {
    const words = await readFile(`/proc/${number}/cmdline`, "latin1").catch(() => "");
    if (words.includes(`${directory}/`)) killQuietly(Number(number));
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** What a killed engine leaves mounted would keep its directory from being removed. */
async function unmountBelow(directory: string): Promise<void> {
  const { stdout } = await run("mount");
  const mounted = stdout
    .split("\n")
    .map((line) => / on (\S+) type /.exec(line)?.[1] ?? "")
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounted.reverse()) await run("umount", ["-l", path]).catch(() => {});
}
