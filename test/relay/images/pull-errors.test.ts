import assert from "node:assert/strict";
import { test } from "vitest";
import { wordsForPullError } from "../../../relay/images/pull-errors.ts";
import { parseImage } from "../../../relay/wire/image.ts";

const TAGGED = parseImage("r.example.com/team/web:9");
const PINNED = parseImage(`r.example.com/team/web@sha256:${"0".repeat(64)}`);

/** What Docker 20.10 and Podman 4.3 say. */
test.each<[string, string, RegExp]>([
  [
    "no such tag",
    "manifest for r.example.com/team/web:9 not found: manifest unknown: manifest unknown",
    /^registry r\.example\.com has no team\/web with the tag 9$/,
  ],
  [
    "no such tag",
    "initializing source docker://r.example.com/team/web:9: reading manifest 9 in r.example.com/team/web: manifest unknown: manifest unknown",
    /with the tag 9$/,
  ],
  [
    "gone",
    'Get "http://r.example.com/v2/": dial tcp 127.0.0.1:5: connect: connection refused',
    /r\.example\.com cannot be reached/,
  ],
  [
    "gone",
    'Get "https://r.example.com/v2/": dial tcp: lookup r.example.com on 10.0.0.1:53: no such host',
    /cannot be reached/,
  ],
  ["gone", "it was silent for 120 s", /cannot be reached/],
  [
    "without credentials",
    'Head "http://r.example.com/v2/team/web/manifests/9": no basic auth credentials',
    /refuses team\/web without credentials: .*registry_credentials_file/,
  ],
  [
    "another architecture",
    "no matching manifest for linux/amd64 in the manifest list entries",
    /is not made for amd64/,
  ],
  [
    "another architecture",
    'choosing an image from manifest list docker://r.example.com/team/web:9: no image found in manifest list for architecture amd64, variant "", OS linux',
    /is not made for amd64/,
  ],
  [
    "no certificate",
    'pinging container registry r.example.com: Get "https://r.example.com/v2/": http: server gave HTTP response to HTTPS client',
    /no certificate/,
  ],
  ["a full disk", "write /var/lib/docker/tmp/GetImageBlob1: no space left on device", /no room/],
  ["other bytes", "filesystem layer verification failed for digest sha256:00", /sent other bytes/],
  [
    "something new",
    "the moon\n is in the way",
    /^r\.example\.com\/team\/web:9 cannot be pulled: the moon is in the way$/,
  ],
])("says in one line: %s", (_, said, expected) => {
  assert.ok(TAGGED);

  const line = wordsForPullError(said, {
    image: TAGGED,
    architecture: "amd64",
    hasCredentials: false,
  });

  assert.match(line, expected);
  assert.doesNotMatch(line, /\n/);
});

test("tells wrong credentials from none", () => {
  assert.ok(TAGGED);
  const failed = { image: TAGGED, architecture: "amd64" };
  const said = "unauthorized: authentication required";

  const lines = [true, false].map((hasCredentials) =>
    wordsForPullError(said, { ...failed, hasCredentials }),
  );

  assert.match(lines[0] ?? "", /are wrong/);
  assert.match(lines[1] ?? "", /without credentials/);
});

test("names the digest that a registry does not have", () => {
  assert.ok(PINNED);

  const line = wordsForPullError("manifest unknown", {
    image: PINNED,
    architecture: "amd64",
    hasCredentials: true,
  });

  assert.match(line, /has no team\/web with the digest sha256:0{64}$/);
});
