import { execFile } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Debian's package, fetched without root into folders of our own. `flock` lets one test worker
 * download while the others wait; the final rename makes a half-written binary impossible.
 */
const fetchScript = `
set -eu
cache=$1
[ -x "$cache/nats-server" ] && exit 0
work=$(mktemp -d "$cache/fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
cd "$work"
apt() {
  apt-get -qq -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \\
    -o APT::Sandbox::User="$(id -un)" -o APT::Update::Post-Invoke::= "$@"
}
apt update
apt download nats-server
dpkg -x nats-server_*.deb root
mv "$(find root -type f -name nats-server -perm -u+x | head -n 1)" "$cache/nats-server"
`;

/** Path of a `nats-server`: the machine's own, or Debian's package fetched once. */
export async function findNatsServer(): Promise<string> {
  const installed = searchPath("nats-server");
  if (installed) return installed;
  const cache = cacheDirectory();
  const cached = join(cache, "nats-server");
  if (isExecutable(cached)) return cached;
  try {
    await run("flock", [join(cache, "lock"), "sh", "-c", fetchScript, "sh", cache]);
  } catch (cause) {
    throw new Error("no nats-server: install it, or let apt-get download it", { cause });
  }
  return cached;
}

export function searchPath(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

function cacheDirectory(): string {
  const shared = join(import.meta.dirname, "../../node_modules/.cache/aldis");
  if (isExecutable(join(shared, "nats-server")) || isWritable(shared)) return shared;
  const own = join(tmpdir(), `aldis-test-cache-${userInfo().uid}`);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return own;
}

function isWritable(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
