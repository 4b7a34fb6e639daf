import { availableParallelism } from "node:os";
import type { RunSpec } from "../runtime.ts";

export interface ContainerOptions {
  relayId: string;
  /** Whether the engine has a small first process, which reaps the dead and passes signals on. */
  hasInit: boolean;
  /** Folders that the image declares as volumes: else each would be room on the host's disk. */
  volumes: readonly string[];
  /** A filter of system calls in place of the engine's own. */
  seccompFile?: string | undefined;
}

/** Nobody: neither root nor anyone who owns a file. */
const USER = "65534:65534";

/** What Podman makes writable, without bound, beside a read-only root. */
const PODMANS_FOLDERS = { "/run": "size=64k,mode=0755", "/var/tmp": "size=64k,mode=0755" };

/**
 * A container that gets nothing that it did not declare. The engine's masked paths stay as they are:
 * there is no word about them here.
 */
export function createBody(engine: "docker" | "podman", spec: RunSpec, options: ContainerOptions) {
  const [program = "", ...words] = spec.argv;
  const hasInput = spec.input !== undefined;
  return {
    Image: spec.image,
    Entrypoint: [program],
    Cmd: words,
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    User: spec.user ?? USER,
    Labels: labelsOf(spec, options.relayId),
    Healthcheck: { Test: ["NONE"] },
    NetworkDisabled: spec.network === "none",
    AttachStdin: hasInput,
    OpenStdin: hasInput,
    StdinOnce: hasInput,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ...limitsOf(spec, options.hasInit),
      NetworkMode: spec.network,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges", ...filterOf(options)],
      IpcMode: "private",
      Init: options.hasInit,
      AutoRemove: false,
      // The attached stream carries all; a log would keep unredacted output on the disk.
      LogConfig: { Type: "none" },
      Tmpfs: {
        ...(engine === "podman" && PODMANS_FOLDERS),
        ...foldersOf(["/tmp", ...options.volumes], spec),
      },
      Mounts: spec.mounts.map(({ source, target, readOnly }) => ({
        Type: "bind",
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
    },
  };
}

export type CreateBody = ReturnType<typeof createBody>;

export function relayLabel(relayId: string): string {
  return `aldis.relay=${relayId}`;
}

function labelsOf({ name, attempt }: RunSpec, relayId: string): Record<string, string> {
  return {
    "aldis.relay": relayId,
    "aldis.name": name,
    ...(attempt && {
      "aldis.execution": attempt.executionId,
      "aldis.attempt": String(attempt.attempt),
    }),
  };
}

function filterOf({ seccompFile }: ContainerOptions): string[] {
  return seccompFile === undefined ? [] : [`seccomp=${seccompFile}`];
}

/** Without swap, and on no more processors than there are, which an engine would refuse. */
function limitsOf({ limits }: RunSpec, hasInit: boolean) {
  return {
    Memory: limits.memoryBytes,
    MemorySwap: limits.memoryBytes,
    PidsLimit: limits.pids + (hasInit ? 1 : 0),
    NanoCpus: Math.round(Math.min(limits.cpus, availableParallelism()) * 1e9),
  };
}

/** In memory, and counted against its limit. A size of 0 would mean no bound at all. */
function foldersOf(paths: readonly string[], { limits }: RunSpec): Record<string, string> {
  const options = `size=${limits.tmpBytes},nosuid,nodev,exec,mode=1777`;
  const isRoom = limits.tmpBytes > 0;
  const folder = isRoom ? options : "size=4k,nr_inodes=1,mode=0555";
  const needed = isRoom ? paths : paths.slice(1);
  return Object.fromEntries(needed.map((path) => [path, folder]));
}
