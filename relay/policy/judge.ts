import { IMAGE_DIGEST, parseImage } from "../wire/image.ts";
import type { ExecutionSpec, Limits } from "../wire/messages.ts";
import { isImageAmong } from "./image-patterns.ts";
import { type Mount, NOBODY, type Policy } from "./policy.ts";
import { isAmong, parseUser } from "./users.ts";

/** What a command gets of this host, in the engine's terms. */
export interface Grant {
  limits: Limits;
  /** Those of the limits that are smaller than what the command asked for. */
  lowered: readonly (keyof Limits)[];
  /** `none`, or what the engine calls it. */
  network: string;
  mounts: readonly Mount[];
  /** `uid:gid` */
  user: string;
}

export type PolicyRefusalCode = "network" | "mount" | "user" | "image";

export type Judgement =
  | { allowed: true; grant: Grant }
  /** The reason is a line that the person who typed the command gets to see. */
  | { allowed: false; code: PolicyRefusalCode; reason: string };

type Asked = Pick<ExecutionSpec, "native" | "image" | "limits" | "network" | "mounts" | "user">;

const NONE = "none";
const NOBODYS = `${NOBODY.uid}:${NOBODY.gid}`;

/** What the host's owner makes of a command. Of a native one there is only the limits to judge. */
export function judge(spec: Asked, policy: Policy): Judgement {
  const bounds = boundsOf(spec.limits, policy.most);
  if (spec.native) return grant({ ...bounds, network: NONE, mounts: [], user: NOBODYS });
  const objection = judgeImage(spec.image ?? "", policy);
  if (objection !== undefined) return refuse("image", objection);
  const network = spec.network === NONE ? NONE : policy.networks.get(spec.network);
  if (network === undefined) {
    return refuse("network", `the relay has no network ${spec.network}; ${advice("networks")}`);
  }
  const missing = spec.mounts.find((mount) => !policy.mounts.has(mount));
  if (missing !== undefined) {
    return refuse("mount", `the relay has no mount ${missing}; ${advice("mounts")}`);
  }
  const user = parseUser(spec.user ?? NOBODYS);
  if (!user || !isAmong(policy.users, user)) {
    const line = `the relay's owner lets nothing run as ${spec.user}; ${advice("users")}`;
    return refuse("user", line);
  }
  const mounts = [...new Set(spec.mounts)].flatMap((mount) => policy.mounts.get(mount) ?? []);
  return grant({ ...bounds, network, mounts, user: `${user.uid}:${user.gid}` });
}

/** Why this image may not run, if it may not. */
export function judgeImage(image: string, policy: Policy): string | undefined {
  const isId = IMAGE_DIGEST.test(image);
  // An id says nothing of where the image is from.
  if (isId && policy.images.some(({ kind }) => kind === "any")) return undefined;
  const name = parseImage(image);
  if (!name && !isId) return `"${image}" is not the name of an image`;
  if (name && isImageAmong(policy.images, name)) return undefined;
  return `the relay's owner does not let ${image} run; ${advice("images")}`;
}

/** The smaller wins: a command is ended by its limit, which is told; it is not refused for asking. */
function boundsOf(asked: Limits, most: Partial<Limits>): Pick<Grant, "limits" | "lowered"> {
  const limits = { ...asked };
  const lowered: (keyof Limits)[] = [];
  for (const name of LIMITS) {
    const bound = most[name] ?? Number.POSITIVE_INFINITY;
    if (asked[name] <= bound) continue;
    limits[name] = bound;
    lowered.push(name);
  }
  return { limits, lowered };
}

const LIMITS = [
  "timeoutMs",
  "outputBytes",
  "memoryBytes",
  "pids",
  "cpus",
  "tmpBytes",
] as const satisfies readonly (keyof Limits)[];

function advice(key: string): string {
  return `add it to "${key}" in the file that relay.policy_file names to allow it`;
}

function grant(granted: Grant): Judgement {
  return { allowed: true, grant: granted };
}

function refuse(code: PolicyRefusalCode, reason: string): Judgement {
  return { allowed: false, code, reason };
}
