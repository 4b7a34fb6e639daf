import type { ImageName } from "../wire/image.ts";
import { printName } from "./engine-images.ts";

interface Failed {
  image: ImageName;
  /** What this host runs, such as `amd64`. */
  architecture: string;
  hasCredentials: boolean;
}

type Words = (failed: Failed) => string;

const CREDENTIALS = "relay.registry_credentials_file";

/** In this order: what an engine says of a certificate also names the host that it could not reach. */
const KINDS: readonly (readonly [RegExp, Words])[] = [
  [
    /no matching manifest|no image found in (manifest list|image index)|does not match the specified platform/i,
    ({ image, architecture }) =>
      `${printName(image)} is not made for ${architecture}, which this host is`,
  ],
  [
    /manifest unknown|name unknown|manifest for .* not found|repository .* not found/i,
    ({ image }) =>
      image.digest === undefined
        ? `registry ${image.registry} has no ${image.repository} with the tag ${image.tag ?? "latest"}`
        : `registry ${image.registry} has no ${image.repository} with the digest ${image.digest}`,
  ],
  [
    /unauthorized|no basic auth credentials|authentication required|access denied|denied:|forbidden|incorrect username/i,
    ({ image, hasCredentials }) =>
      hasCredentials
        ? `registry ${image.registry} refuses ${image.repository}: the credentials for it in ${CREDENTIALS} are wrong, or do not reach that far`
        : `registry ${image.registry} refuses ${image.repository} without credentials: put some for it into the file that ${CREDENTIALS} names`,
  ],
  [
    /too ?many ?requests|rate limit/i,
    ({ image }) => `registry ${image.registry} lets this host pull no more for now`,
  ],
  [
    /x509|certificate|server gave HTTP response to HTTPS client/i,
    ({ image }) => `registry ${image.registry} has no certificate that the container engine trusts`,
  ],
  [
    /no space left on device/i,
    ({ image }) => `no room on this host's disk for ${printName(image)}`,
  ],
  [
    /verification failed|digest mismatch|does not match .*digest|digest .*did ?n.t match|unexpected (digest|commit)/i,
    ({ image }) =>
      `registry ${image.registry} sent other bytes than the digest of ${printName(image)} says`,
  ],
  [
    /connection refused|no such host|i\/o timeout|network is unreachable|no route to host|handshake timeout|connection reset|deadline exceeded|client\.timeout|was silent for|server misbehaving|\bEOF\b|\b50[0-9]\b/i,
    ({ image }) => `registry ${image.registry} cannot be reached from this host`,
  ],
];

const MOST_LETTERS = 300;

/** One line for whoever typed the command, out of what the engine said. */
export function wordsForPullError(said: string, failed: Failed): string {
  const known = KINDS.find(([pattern]) => pattern.test(said));
  if (known) return known[1](failed);
  const line = said.replaceAll(/\s+/g, " ").trim().slice(0, MOST_LETTERS);
  return `${printName(failed.image)} cannot be pulled: ${line}`;
}
