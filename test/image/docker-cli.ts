import { execFile, spawn } from "node:child_process";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

/** Docker's own command line, on the engine behind one socket. Returns what it said on stdout. */
export interface DockerCli {
  (...args: readonly string[]): Promise<string>;
  /** Makes an image of a folder. */
  importRoot(root: string, name: string, changes: readonly string[]): Promise<void>;
}

export function createDockerCli(socket: string): DockerCli {
  // The newer builder is a plugin that Debian's package does not bring.
  const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_BUILDKIT: "0" };

  async function run(...args: readonly string[]): Promise<string> {
    const options = { env, maxBuffer: 64 * 1024 * 1024 };
    const { stdout, stderr } = await promisify(execFile)("docker", args, options);
    return args[0] === "logs" ? stdout + stderr : stdout;
  }

  async function importRoot(root: string, name: string, changes: readonly string[]): Promise<void> {
    const flags = changes.flatMap((change) => ["--change", change]);
    const tar = spawn("tar", ["-C", root, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const load = spawn("docker", ["import", ...flags, "-", name], {
      env,
      stdio: ["pipe", "ignore", "inherit"],
    });
    const loaded = new Promise<void>((resolve, reject) => {
      load.once("error", reject);
      load.once("exit", (code) => (code === 0 ? resolve() : reject(new Error("docker import"))));
    });
    await Promise.all([pipeline(tar.stdout, load.stdin), loaded]);
  }

  return Object.assign(run, { importRoot });
}
