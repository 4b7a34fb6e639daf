import { execFileSync } from "node:child_process";
import { chmod, copyFile, cp, mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { packageRoot } from "../../relay/process/package-root.ts";

/** Node 24, as the package `node` brings it. */
const NODE = join(packageRoot(), "node_modules/node/bin/node");
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
/** What Node loads only when it looks up a name. */
const RESOLVER = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

/** How the tar of the base becomes an image whose programs are found. */
export const BASE_CHANGES = [
  "ENV PATH=/usr/bin:/bin",
  `ENV NODE_EXTRA_CA_CERTS=${CERTIFICATES}`,
] as const;

/** A root of this machine's own files with all that the Dockerfile needs: a shell, Node and npm. */
export async function makeBaseRoot(root: string): Promise<void> {
  for (const folder of ["bin", "usr/bin", "usr/lib", "etc/ssl/certs", "root", "tmp"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, "tmp"), 0o1777);
  await addProgram(root, NODE, "usr/bin/node");
  await addShell(root);
  await addNpm(root);
  await writeFile(join(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
  await copyFile(CERTIFICATES, join(root, CERTIFICATES));
}

/** With the libraries that it is linked to. */
async function addProgram(root: string, program: string, as: string): Promise<void> {
  await copyFile(program, join(root, as));
  const linked = execFileSync("ldd", [program], { encoding: "utf8" }).match(/\/\S+/g) ?? [];
  const folder = dirname(linked.find((path) => path.includes("libc.so")) ?? "/lib/libc.so");
  for (const library of [...linked, ...RESOLVER.map((name) => join(folder, name))]) {
    await mkdir(dirname(join(root, library)), { recursive: true });
    await copyFile(await realpath(library), join(root, library));
  }
}

async function addShell(root: string): Promise<void> {
  await copyFile("/bin/busybox", join(root, "bin/busybox"));
  execFileSync("chroot", [root, "/bin/busybox", "--install", "-s", "/bin"]);
  await symlink("/bin/env", join(root, "usr/bin/env"));
}

async function addNpm(root: string): Promise<void> {
  const found = execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
  const npm = dirname(dirname(await realpath(found)));
  await cp(npm, join(root, "usr/lib/npm"), { recursive: true, dereference: true });
  for (const name of ["npm", "npx"]) {
    await symlink(`../lib/npm/bin/${name}-cli.js`, join(root, "usr/bin", name));
  }
}
