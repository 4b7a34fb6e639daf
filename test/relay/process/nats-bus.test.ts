import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { BusStatus } from "../../../relay/process/bus.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { connectNats, type NatsBusOptions } from "../../../relay/process/nats-bus.ts";
import { type NatsServer, startNatsServer } from "../../support/nats-server.ts";
import { waitFor } from "../../support/wait.ts";
import { busContract } from "./bus.contract.ts";

let server: NatsServer;

beforeAll(async () => {
  server = await startNatsServer();
});
afterAll(() => server.stop());

busContract("NATS bus", () => ({
  connect: (onError = () => {}) => connectNats(options(server.url, { onError })),
}));

function options(servers: string, more: Partial<NatsBusOptions> = {}): NatsBusOptions {
  const log = createLogger({ level: "silent" });
  return { servers, name: "test", onError: () => {}, log, ...more };
}

/** A logger whose lines the test reads. */
function recorder() {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLogger({ level: "info", destination }) };
}

const nothing = new Uint8Array();

test("comes back with its subscriptions after the server was restarted", async () => {
  const first = await startNatsServer();
  const { lines, log } = recorder();
  const bus = await connectNats(options(first.url, { log }));
  onTestFinished(() => bus.stop());
  const statuses: BusStatus[] = [];
  bus.onStatus((status) => statuses.push(status));
  bus.subscribe("echo", {}, ({ payload, respond }) => respond(payload));

  await first.kill();
  await waitFor(() => statuses.length === 2);
  const second = await startNatsServer({ port: first.port });
  onTestFinished(() => second.stop());
  await waitFor(() => statuses.length === 3, { timeoutMs: 10_000 });

  const reply = await bus.request("echo", new Uint8Array([7]), { timeoutMs: 5_000 });
  expect([...reply]).toEqual([7]);
  expect(statuses.map(({ connected }) => connected)).toEqual([true, false, true]);
  expect(lines).toHaveLength(3);
});

test("refuses to flush while the server is gone, and stops at once", async () => {
  const gone = await startNatsServer();
  const bus = await connectNats(options(gone.url));
  const statuses: BusStatus[] = [];
  bus.onStatus((status) => statuses.push(status));
  await gone.kill();
  await waitFor(() => statuses.length === 2);

  bus.publish("anything", nothing);
  await expect(bus.flush()).rejects.toMatchObject({ code: "closed" });

  const started = performance.now();
  await bus.stop();
  expect(performance.now() - started).toBeLessThan(1_000);
});

test("waits for a server that is absent at first, one line per attempt, no password", async () => {
  const earlier = await startNatsServer();
  await earlier.stop();
  const { lines, log } = recorder();
  const url = `nats://someone:hunter2@127.0.0.1:${earlier.port}`;
  const connecting = connectNats(options(url, { log }));
  await waitFor(() => lines.length >= 2);

  const late = await startNatsServer({ port: earlier.port });
  onTestFinished(() => late.stop());
  const bus = await connecting;
  onTestFinished(() => bus.stop());

  await bus.flush();
  expect(lines.join("")).not.toContain("hunter2");
  expect(lines[0]).toContain(`127.0.0.1:${earlier.port}`);
});

test("gives up waiting for a server when aborted", async () => {
  const gone = await startNatsServer();
  await gone.stop();
  const abort = new AbortController();
  const { lines, log } = recorder();
  const connecting = connectNats(options(gone.url, { signal: abort.signal, log }));
  await waitFor(() => lines.length >= 1);

  abort.abort();

  await expect(connecting).rejects.toMatchObject({ code: "aborted" });
});

test("logs in with the user and password of the URL, and reports what it may not do", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aldis-nats-conf-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const config = join(folder, "server.conf");
  await writeFile(
    config,
    `authorization { users = [
      { user: relay, password: secret, permissions: {
        publish: ["allowed.>"], subscribe: ["_INBOX.relay.>"] } } ] }`,
  );
  const strict = await startNatsServer({ args: ["--config", config] });
  onTestFinished(() => strict.stop());
  const errors: unknown[] = [];
  const url = `nats://relay:secret@127.0.0.1:${strict.port}`;
  const onError = (error: unknown) => errors.push(error);
  const bus = await connectNats(options(url, { inboxPrefix: "_INBOX.relay", onError }));
  onTestFinished(() => bus.stop());

  bus.publish("forbidden", nothing);
  await waitFor(() => errors.length === 1);

  expect(String(errors[0])).toContain("forbidden");
  const allowed = bus.request("allowed.nobody", nothing, { timeoutMs: 60_000 });
  await expect(allowed).rejects.toMatchObject({ code: "no-responders" });
});
