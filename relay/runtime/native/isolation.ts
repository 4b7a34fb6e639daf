/** How a native command is kept apart; `none` keeps it in a process group and nothing more. */
export const ISOLATIONS = ["pid-namespace", "bubblewrap", "none"] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** Programs by their full path: nothing of a command's environment chooses what the relay runs. */
export const PROGRAM = {
  unshare: "/usr/bin/unshare",
  nsenter: "/usr/bin/nsenter",
  bwrap: "/usr/bin/bwrap",
} as const;

/**
 * Waits for the end of its input. As the first process of its namespace it inherits every orphan,
 * and lets the kernel reap them; a shell can neither ignore their ends nor wait undisturbed.
 */
const HOLD = ["/bin/sh", "-c", "echo; exec env --ignore-signal=CHLD cat > /dev/null"] as const;

/** What holds a namespace open until its input ends: its only child is the namespace's first. */
export function holderArgv(isolation: Isolation, isRoot: boolean, directory: string): string[] {
  if (isolation === "bubblewrap") {
    // With a /dev of its own, who is not root gets a second user namespace that cannot be entered.
    const dev = isRoot ? ["--dev", "/dev"] : ["--dev-bind", "/dev", "/dev"];
    const files = ["--ro-bind", "/", "/", ...dev, "--proc", "/proc"];
    const own = ["--perms", "1777", "--tmpfs", "/tmp", "--bind", directory, directory];
    return [PROGRAM.bwrap, ...files, ...own, "--unshare-pid", "--die-with-parent", "--", ...HOLD];
  }
  const user = isRoot ? [] : ["--user", "--map-current-user"];
  const pid = ["--pid", "--fork", "--kill-child", "--mount-proc"];
  return [PROGRAM.unshare, ...user, ...pid, "--", ...HOLD];
}

/** Runs `argv` as one more process of the namespace, and ends as it ends. */
export function enterArgv(
  first: number,
  directory: string,
  account: { uid: number; gid: number } | undefined,
  argv: readonly string[],
): string[] {
  const who = account
    ? ["--setuid", String(account.uid), "--setgid", String(account.gid)]
    : ["--user", "--preserve-credentials"];
  const where = [`--target=${first}`, "--pid", "--mount", `--wdns=${directory}`];
  return [PROGRAM.nsenter, ...where, ...who, "--", ...argv];
}

/**
 * Variables that decide what a program loads: as root's, `nsenter` would follow them before it has
 * become the command's user.
 */
export function misleadingVariable(env: Readonly<Record<string, string>>): string | undefined {
  const loaded = /^(LD_|GLIBC_|GCONV_|MALLOC_|LOCPATH$|NLSPATH$|LIBMOUNT_|UL_)/;
  return Object.keys(env).find((name) => loaded.test(name));
}
