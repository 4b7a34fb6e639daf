import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { describeEngines, detectEngines } from "../../../relay/runtime/detect.ts";
import { temporaryDirectory } from "../relay-under-test.ts";

async function engineAt(socket: string, answer: RequestListener): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => void server.close());
}

function versionOf(version: object): RequestListener {
  return (request, response) =>
    response.end(request.url === "/_ping" ? "OK" : JSON.stringify(version));
}

test("finds the engine behind DOCKER_HOST", async () => {
  const socket = join(await temporaryDirectory(), "docker.sock");
  await engineAt(socket, versionOf({ Version: "28.2.2", Components: [{ Name: "Engine" }] }));

  const { docker } = await detectEngines({ env: { DOCKER_HOST: `unix://${socket}` } });

  assert.deepEqual(docker, { socket, version: "28.2.2" });
});

test("knows Podman by its name, even behind DOCKER_HOST", async () => {
  const socket = join(await temporaryDirectory(), "podman.sock");
  const components = [{ Name: "Podman Engine" }];
  await engineAt(socket, versionOf({ Version: "5.4.0", Components: components }));

  const { podman } = await detectEngines({ env: { DOCKER_HOST: `unix://${socket}` } });

  assert.deepEqual(podman, { socket, version: "5.4.0" });
});

test.each<[string, RequestListener]>([
  ["answers nothing", () => {}],
  ["answers with an error", (_, response) => void response.writeHead(500).end()],
  ["answers with something else", (_, response) => void response.end("<html>")],
  ["never ends its answer", (_, response) => void response.write("O")],
])("passes over a socket that %s", async (_, answer) => {
  const socket = join(await temporaryDirectory(), "docker.sock");
  await engineAt(socket, answer);

  const engines = await detectEngines({
    env: { DOCKER_HOST: `unix://${socket}` },
    timeoutMs: 50,
  });

  assert.notEqual(engines.docker?.socket, socket);
});

test("says what was found in a few words", () => {
  const docker = { socket: "/d", version: "28.2" };
  const podman = { socket: "/p", version: "5.4" };

  assert.equal(describeEngines({ docker, podman }), "Docker 28.2, Podman 5.4");
  assert.equal(describeEngines({ podman }), "Podman 5.4");
  assert.equal(describeEngines({}), "native only");
});
