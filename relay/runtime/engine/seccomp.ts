import { join } from "node:path";
// Nobody reads it here: the build has to put it beside this file.
import "./seccomp.json" with { type: "json" };

/**
 * The filter for Podman's containers, whose own lets commands make namespaces: all that ordinary
 * programs ask of the kernel, and no namespaces, mounts, keys, or sockets beside the network's.
 * Podman reads it by itself, from a path of its own host.
 */
export const SECCOMP_FILE = join(import.meta.dirname, "seccomp.json");
