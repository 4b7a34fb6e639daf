const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

export function isSemver(version: string): boolean {
  return version.length <= 100 && SEMVER.test(version);
}

/** Gort takes `0.1`, `v2` and the like for a version; what cannot be completed stays as it is. */
export function coerceVersion(version: string): string {
  const [, core = "", suffix = ""] = /^v?([0-9.]*)([-+].*)?$/i.exec(version.trim()) ?? [];
  const [major, minor, patch] = core.split(".");
  const completed = `${whole(major)}.${whole(minor)}.${whole(patch)}${suffix}`;
  return core !== "" && isSemver(completed) ? completed : version;
}

function whole(digits: string | undefined): string {
  return digits ? digits.replace(/^0+(?=\d)/, "") : "0";
}
