import { posix } from "node:path";
import { z } from "zod";
import { durationMs, sizeBytes } from "../process/config-types.ts";
import { parseImagePattern } from "./image-patterns.ts";
import { parseUserRange } from "./users.ts";

const NAME = /^[a-z][a-z0-9_-]{0,99}$/;
const NAME_ADVICE =
  "a name starts with a small letter and goes on with small letters, digits, - and _";
const Name = z.string().regex(NAME, NAME_ADVICE);

/** As engines name networks: `container:ID` is none, so that nobody gets into another container. */
const EngineName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, "write the name of a network of the engine");

const AbsolutePath = z
  .string()
  .max(4096)
  .refine(
    (path) =>
      /^\/($|.*[^/]$)/s.test(path) && posix.normalize(path) === path && !/\p{Cc}/u.test(path),
    "write an absolute path without . and .. and without a slash at its end",
  );

const ENGINE_SOCKETS = [
  "/run/docker.sock",
  "/run/podman/podman.sock",
  "/var/run/docker.sock",
  "/var/run/podman/podman.sock",
];
/** What a container has of its own. */
const TAKEN = ["/dev", "/proc", "/sys"];

const Source = AbsolutePath.refine(
  (path) => !ENGINE_SOCKETS.some((socket) => isAtOrBelow(socket, path)),
  "holds the engine's socket, which is the whole host; name a directory without it",
);
const Target = AbsolutePath.refine(
  (path) => path !== "/" && !TAKEN.some((taken) => isAtOrBelow(path, taken)),
  "is the container's own; name another place",
);

const MountEntry = z.strictObject({
  source: Source.describe("The directory or file on this host."),
  target: Target.describe("Where it appears in the container."),
  read_only: z.boolean().default(true).describe("Whether the container cannot write to it."),
});

const Users = z
  .string("write uid:gid as text, such as 1000:1000 or 2000-2999:100")
  .transform((text, context) => {
    const range = parseUserRange(text);
    if (range) return range;
    context.addIssue("write uid:gid in numbers, such as 1000:1000 or 2000-2999:100");
    return z.NEVER;
  });

const Images = z.string().transform((text, context) => {
  const pattern = parseImagePattern(text);
  if (pattern) return pattern;
  context.addIssue("write an image's name, or the beginning of some with /* at its end");
  return z.NEVER;
});

const Size = sizeBytes().refine((bytes) => bytes > 0, "write more than nothing");
const Duration = durationMs().refine((ms) => ms > 0, "write more than nothing");

const Limits = z.strictObject({
  memory: Size.optional().describe("Memory of a container."),
  cpus: z.number().positive().optional().describe("CPUs of a container."),
  pids: z.int().positive().optional().describe("Processes in a container."),
  timeout: Duration.optional().describe("How long a command may run."),
  output: Size.optional().describe("How much a command may print."),
  tmp: Size.optional().describe("Size of /tmp in a container."),
});

/** The file that `relay.policy_file` names. */
export const PolicyFile = z.strictObject({
  aldis_relay_policy_version: z.literal(1, "1 is the only version there is"),
  networks: z
    .record(
      Name.refine((name) => name !== "none", "none is no network"),
      EngineName,
    )
    .default({})
    .describe("Names that bundles use, and what the engine calls each network."),
  mounts: z
    .record(Name, MountEntry)
    .default({})
    .describe("Names that bundles use, and what of this host each of them is."),
  users: z
    .array(Users)
    .optional()
    .describe("uid:gid that containers may run as; 65534:65534 unless named."),
  images: z
    .array(Images)
    .optional()
    .describe("Images that may run: a name, or the beginning of some with /*; all unless named."),
  limits: Limits.prefault({}).describe("The most that a command gets, whatever its bundle says."),
});
export type PolicyFile = z.infer<typeof PolicyFile>;

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}
