import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "vitest";
import { openCredentials } from "../../../relay/images/credentials.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

const SECRET = "hunter2-of-the-registry";
const PAIR = Buffer.from(`user:${SECRET}`).toString("base64");

async function fileWith(content: unknown): Promise<string> {
  const file = join(await temporaryDirectory(), "config.json");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

function shown(auth: string | undefined): unknown {
  return auth === undefined ? undefined : JSON.parse(Buffer.from(auth, "base64url").toString());
}

test.each<[string, object, string, unknown]>([
  [
    "a pair",
    { "r.example.com": { auth: PAIR } },
    "r.example.com",
    { username: "user", password: SECRET, serveraddress: "r.example.com" },
  ],
  [
    "a port",
    { "r.example.com:5000": { auth: PAIR } },
    "r.example.com:5000",
    { username: "user", password: SECRET, serveraddress: "r.example.com:5000" },
  ],
  [
    "Docker Hub",
    { "https://index.docker.io/v1/": { auth: PAIR } },
    "docker.io",
    { username: "user", password: SECRET, serveraddress: "https://index.docker.io/v1/" },
  ],
  [
    "a token",
    { "r.example.com": { identitytoken: SECRET } },
    "r.example.com",
    { identitytoken: SECRET, serveraddress: "r.example.com" },
  ],
  ["another registry", { "r.example.com": { auth: PAIR } }, "r.example.com.evil.net", undefined],
  ["another port", { "r.example.com:5000": { auth: PAIR } }, "r.example.com", undefined],
  ["nothing in it", { "r.example.com": {} }, "r.example.com", undefined],
])("%s", async (_, auths, registry, expected) => {
  const credentials = await openCredentials(await fileWith({ auths }));

  const auth = await credentials.authFor(registry);

  assert.deepEqual(shown(auth), expected);
});

test("are read anew for each pull", async () => {
  const file = await fileWith({});
  const credentials = await openCredentials(file);

  const before = await credentials.authFor("r.example.com");
  await writeFile(file, JSON.stringify({ auths: { "r.example.com": { auth: PAIR } } }));
  const after = await credentials.authFor("r.example.com");

  assert.equal(before, undefined);
  assert.ok(after);
});

test.each<[string, unknown, RegExp]>([
  ["no JSON", `{"auths": {"r": "${SECRET}"`, /is not a config\.json/],
  ["another shape", { auths: SECRET }, /is not a config\.json/],
  ["a helper program", { credsStore: "pass" }, /helper program/],
])("a file with %s ends the program without showing it", async (_, content, expected) => {
  const file = await fileWith(content);

  const failure = await openCredentials(file).then(
    () => undefined,
    (error: Error) => error,
  );

  assert.match(failure?.message ?? "", expected);
  assert.match(failure?.message ?? "", /^relay\.registry_credentials_file: /);
  assert.ok(!`${failure?.message}${failure?.stack}`.includes(SECRET));
});

test("no file is no credentials", async () => {
  const credentials = await openCredentials(undefined);

  assert.equal(await credentials.authFor("r.example.com"), undefined);
});
