import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { packageRoot } from "../../relay/process/package-root.ts";
import { needs } from "../support/needs.ts";

const run = promisify(execFile);
const COMPOSE = join(packageRoot(), "config/compose.yaml");
const UNIT = join(packageRoot(), "config/aldis-relay.service");

function isHere(program: string): Promise<boolean> {
  return run("sh", ["-c", `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}

const Service = z.object({
  image: z.string(),
  command: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  read_only: z.boolean().optional(),
  networks: z.record(z.string(), z.unknown()),
  ports: z.array(z.unknown()).optional(),
  volumes: z.array(z.unknown()).optional(),
});
const Compose = z.object({ services: z.record(z.string(), Service) });

describe("config/compose.yaml", async () => {
  needs("docker-compose", await isHere("docker-compose"));

  async function readByDockerCompose() {
    const { stdout } = await run("docker-compose", ["--file", COMPOSE, "config"]);
    return Compose.parse(parse(stdout)).services;
  }

  test("is read by docker-compose: a bot, a relay, and what they need", async () => {
    const services = await readByDockerCompose();

    assert.deepEqual(Object.keys(services).toSorted(), ["bot", "nats", "postgres", "relay"]);
    assert.deepEqual(services.bot?.command, ["bot"]);
    assert.deepEqual(services.relay?.command, ["relay"]);
  });

  test("gives bot and relay nothing to write to and no capability, and the relay no way out", async () => {
    const { bot, relay } = await readByDockerCompose();

    for (const service of [bot, relay]) {
      assert.equal(service?.read_only, true);
      assert.deepEqual(service?.cap_drop, ["ALL"]);
    }
    assert.deepEqual(Object.keys(relay?.networks ?? {}), ["inside"]);
  });

  test("hands the engine's socket to the relay alone, and listens on this machine alone", async () => {
    const { relay, ...others } = await readByDockerCompose();

    assert.match(JSON.stringify(relay?.volumes), /docker\.sock/);
    assert.doesNotMatch(JSON.stringify(others), /docker\.sock/);
    const published = Object.values(others).flatMap(({ ports }) => ports ?? []);
    assert.match(JSON.stringify(published), /^\["127\.0\.0\.1:4000:4000(\/tcp)?"\]$/);
  });

  test("is refused once it is broken", async () => {
    const folder = await mkdtemp(join(tmpdir(), "aldis-compose-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const broken = join(folder, "compose.yaml");
    const text = await readFile(COMPOSE, "utf8");
    await writeFile(broken, text.replace("depends_on:", "depend_on:"));

    await assert.rejects(run("docker-compose", ["--file", broken, "config"]));
  });
});

describe("config/aldis-relay.service", async () => {
  needs("systemd-analyze", await isHere("systemd-analyze"));

  /** Where every file that the unit names is there. */
  async function verify(change: (text: string) => string) {
    const folder = await mkdtemp(join(tmpdir(), "aldis-unit-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, "bin"));
    await copyFile("/bin/true", join(folder, "bin/aldis"));
    const text = (await readFile(UNIT, "utf8")).replaceAll("/opt/aldis", folder);
    const unit = join(folder, "aldis-relay.service");
    await writeFile(unit, change(text));
    return run("systemd-analyze", ["verify", "--man=no", unit]);
  }

  test("is a unit that systemd accepts without a remark", async () => {
    const { stderr } = await verify((text) => text);

    assert.doesNotMatch(stderr, /aldis-relay/);
  });

  test("would be remarked on with a name that systemd does not know", async () => {
    const { stderr } = await verify((text) => text.replace("ProtectHome=", "ProtectHouse="));

    assert.match(stderr, /aldis-relay.*ProtectHouse/);
  });

  test("keeps the relay from the rest of the host", async () => {
    const { stdout } = await run("systemd-analyze", ["security", "--offline=true", UNIT]);

    const exposure = Number(/exposure level .*: ([\d.]+)/.exec(stdout)?.[1]);
    assert.ok(exposure < 4.5, `systemd says ${exposure} of 10`);
  });
});
