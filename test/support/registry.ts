import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exited, spawnWithWorker } from "./child.ts";
import { searchPath } from "./nats-server-binary.ts";
import { waitFor } from "./wait.ts";

/** A real image registry on loopback, which engines speak plain HTTP to. */
export interface TestRegistry {
  /** As it stands before a repository: `127.0.0.1:5000`. */
  host: string;
  /** Where its blobs lie. */
  directory: string;
  stop(): Promise<void>;
}

export const canStartRegistries = searchPath("docker-registry") !== undefined;

/** `htpasswd` is a line that lets one user in; without it anybody may push and pull. */
export async function startRegistry(htpasswd?: string): Promise<TestRegistry> {
  const directory = await mkdtemp(join(tmpdir(), "aldis-registry-"));
  const host = `127.0.0.1:${await freePort()}`;
  const file = join(directory, "config.json");
  const users = join(directory, "users");
  await mkdir(join(directory, "blobs"));
  if (htpasswd) await writeFile(users, `${htpasswd}\n`);
  const settings = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: join(directory, "blobs") } },
    http: { addr: host },
    log: { level: "error", accesslog: { disabled: true } },
    ...(htpasswd && { auth: { htpasswd: { realm: "test", path: users } } }),
  };
  await writeFile(file, JSON.stringify(settings));
  const child = spawnWithWorker("docker-registry", ["serve", file], { stdio: "ignore" });
  await waitFor(() => answers(host), { what: "the registry to answer" });
  return {
    host,
    directory: join(directory, "blobs"),
    async stop() {
      child.kill("SIGTERM");
      await exited(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answers(host: string): Promise<boolean> {
  return fetch(`http://${host}/v2/`).then(
    ({ status }) => status === 200 || status === 401,
    () => false,
  );
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}
