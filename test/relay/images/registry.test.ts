import assert from "node:assert/strict";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer, type RequestListener, request } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { engineImages } from "../../../relay/images/engine-images.ts";
import { postLong } from "../../../relay/images/engine-stream.ts";
import type { Images } from "../../../relay/images/images.ts";
import { importFile } from "../../../relay/images/import-file.ts";
import { openImages } from "../../../relay/images/open-images.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { canStartEngines, startEngine, type TestEngine } from "../../support/engines.ts";
import { needs } from "../../support/needs.ts";
import { canStartRegistries, startRegistry, type TestRegistry } from "../../support/registry.ts";
import { waitFor } from "../../support/wait.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

const PASSWORD = "pw-of-the-registry";
/** bcrypt of it. */
const USERS = "user:$2b$04$V2eCQzl7U.vCoU0IjX.UW.my2DXmX6X./LdQOA6QDaLl6I5uSrRru";
const MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
const NOTHING = `sha256:${"0".repeat(64)}`;

const ready = needs("an engine", canStartEngines) && needs("docker-registry", canStartRegistries);

let engine: TestEngine;
let open: TestRegistry;
let closed: TestRegistry;
/** Of what was pushed to both. */
let digest: string;

beforeAll(async () => {
  if (!ready) return;
  [engine, open, closed] = await Promise.all([
    startEngine("docker"),
    startRegistry(),
    startRegistry(USERS),
  ]);
  await tag("aldis-test/kept");
  digest = await push(`${open.host}/team/web`);
  await push(`${closed.host}/team/web`, authOf(closed.host, PASSWORD));
}, 60_000);

afterAll(async () => {
  if (!ready) return;
  await engine.stop();
  await Promise.all([open.stop(), closed.stop()]);
});

function authOf(serveraddress: string, password: string): string {
  const shown = { username: "user", password, serveraddress };
  return Buffer.from(JSON.stringify(shown)).toString("base64");
}

/** Gives the engine's image one more name; with the last one it would be gone. */
function tag(repository: string): Promise<void> {
  const { socket, image } = engine;
  const path = `/images/${image}/tag?repo=${repository}&tag=1`;
  return postLong({ socket, path, silenceMs: 10_000 }, () => {});
}

async function push(repository: string, auth = "e30="): Promise<string> {
  await tag(repository);
  const path = `/images/${repository}/push?tag=1`;
  const headers = { "x-registry-auth": auth };
  let said = "";
  await postLong({ socket: engine.socket, path, headers, silenceMs: 10_000 }, ({ status }) => {
    said += `${status}\n`;
  });
  await forget(`${repository}:1`);
  return /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1] ?? "";
}

/** As `docker save` does. */
function save(name: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/images/${name}/get`;
    const sent = request({ socketPath: engine.socket, path, headers: { host: "engine" } });
    sent.on("error", reject);
    sent.on("response", (answer) => {
      pipeline(answer, createWriteStream(file)).then(resolve, reject);
    });
    sent.end();
  });
}

async function forget(name: string): Promise<void> {
  const images = engineImages(engine.socket);
  await images.remove(name);
  images.close();
}

async function imagesOf(
  change: { credentials?: object; minFreeBytes?: number } = {},
): Promise<{ images: Images; logged(): string }> {
  const directory = await temporaryDirectory();
  const credentialsFile = join(directory, "config.json");
  await writeFile(credentialsFile, JSON.stringify({ auths: change.credentials ?? {} }));
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const images = await openImages({
    socket: engine.socket,
    directory,
    credentialsFile,
    minFreeBytes: change.minFreeBytes ?? 0,
    keepMs: 86_400_000,
    log: createLogger({ level: "debug", destination }),
  });
  onTestFinished(() => images.stop());
  return { images, logged: () => lines.join("") };
}

async function reasonFor(images: Images, image: string): Promise<string> {
  const state = await images.resolve(image, 30_000);
  return state.kind === "failed" ? state.reason : state.kind;
}

/** A server that answers everything alike; its host and port. */
async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

function pairOf(password: string): string {
  return Buffer.from(`user:${password}`).toString("base64");
}

describe("a relay with Docker and a registry", { timeout: 60_000 }, () => {
  test("resolves a tag to the registry's digest, and runs the bytes by their id", async () => {
    const { images } = await imagesOf();

    const resolved = await images.resolve(`${open.host}/team/web:1`, 30_000);
    const looked = images.look(`${open.host}/team/web:1@${digest}`);

    assert.deepEqual(resolved, { kind: "here", id: engine.image, digest });
    assert.deepEqual(looked, resolved);
  });

  test("pulls by digest what is not here", async () => {
    await forget(`${open.host}/team/web@${digest}`);
    const { images } = await imagesOf();
    const image = `${open.host}/team/web@${digest}`;

    const first = images.look(image);
    const state = await waitFor(() => {
      const now = images.look(image);
      return now.kind === "coming" ? undefined : now;
    });

    assert.equal(first.kind, "coming");
    assert.equal(state.kind, "here");
  });

  test("asks no registry for what is here", async () => {
    const other = await startRegistry();
    const { images } = await imagesOf();
    await push(`${other.host}/team/web`);
    const before = await images.resolve(`${other.host}/team/web:1`, 30_000);
    await other.stop();

    const after = await images.resolve(`${other.host}/team/web:1`, 30_000);
    await forget(`${other.host}/team/web:1`);
    await forget(`${other.host}/team/web@${digest}`);
    const gone = await reasonFor(images, `${other.host}/team/web:1`);

    assert.equal(before.kind, "here");
    assert.deepEqual(after, before);
    assert.match(gone, /cannot be reached from this host$/);
  });

  test.each<[string, () => string, RegExp]>([
    ["no such tag", () => `${open.host}/team/web:9`, /has no team\/web with the tag 9$/],
    ["no such repository", () => `${open.host}/none:1`, /has no none with the tag 1$/],
    ["no such digest", () => `${open.host}/team/web@${NOTHING}`, /with the digest sha256:0{64}$/],
    ["no credentials", () => `${closed.host}/team/web:1`, /without credentials: /],
    ["no registry", () => "127.0.0.1:9/team/web:1", /127\.0\.0\.1:9 cannot be reached/],
  ])("says in one line: %s", async (_, image, expected) => {
    const { images } = await imagesOf();

    const reason = await reasonFor(images, image());

    assert.match(reason, expected);
  });

  test("shows credentials to the registry and to nobody else, right or wrong", async () => {
    const right = await imagesOf({ credentials: { [closed.host]: { auth: pairOf(PASSWORD) } } });
    const wrong = await imagesOf({ credentials: { [closed.host]: { auth: pairOf("no") } } });
    const image = `${closed.host}/team/web:1`;

    const refused = await reasonFor(wrong.images, image);
    const found = await right.images.resolve(image, 30_000);

    assert.match(refused, /the credentials for it in relay\.registry_credentials_file are wrong/);
    assert.equal(found.kind, "here");
    const logged = right.logged() + wrong.logged();
    for (const secret of [PASSWORD, pairOf(PASSWORD), pairOf("no")]) {
      assert.ok(!logged.includes(secret));
    }
  });

  test("does not pull onto a disk with too little room", async () => {
    const { images } = await imagesOf({ minFreeBytes: 2 ** 60 });
    await forget(`${open.host}/team/web:1`);
    await forget(`${open.host}/team/web@${digest}`);

    const reason = await reasonFor(images, `${open.host}/team/web:1`);

    assert.match(reason, /relay\.min_free_disk/);
  });

  test("finds out a registry that sends other bytes than the digest says", async () => {
    const { images } = await imagesOf();
    const manifest = { schemaVersion: 2, mediaType: MANIFEST, layers: [] };
    const host = await listening((_, answer) => {
      answer.setHeader("content-type", MANIFEST).end(JSON.stringify(manifest));
    });

    const reason = await reasonFor(images, `${host}/team/web@${NOTHING}`);

    assert.match(reason, /sent other bytes than the digest of/);
  });

  test("takes an image from a file, which is then named by its id", async () => {
    const file = join(await temporaryDirectory(), "image.tar");
    const { socket, image } = engine;
    await tag("web-tools");
    await save("web-tools:1", file);
    await forget("web-tools:1");
    const client = engineImages(socket);

    const imported = await importFile(client, file);
    const { images } = await imagesOf();
    const resolved = await images.resolve("web-tools:1", 10_000);
    client.close();

    assert.deepEqual(imported, [{ name: "web-tools:1", id: image }]);
    assert.deepEqual(resolved, { kind: "here", id: image, digest: image });
  });

  test("says of a file without an image that it has none", async () => {
    const file = join(await temporaryDirectory(), "image.tar");
    await writeFile(file, "not an image");
    const client = engineImages(engine.socket);

    await assert.rejects(importFile(client, file), /was not imported|no image was in it/);
    await assert.rejects(importFile(client, `${file}.none`), /cannot be read \(ENOENT\)/);
    client.close();
  });
});
