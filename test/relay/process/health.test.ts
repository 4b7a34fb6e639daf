import { Counter, Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { type Dependency, startHealthServer } from "../../../relay/process/health.ts";

async function serving(dependencies: Dependency[]) {
  const metrics = new Registry();
  new Counter({ name: "aldis_things_total", help: "Things.", registers: [metrics] }).inc(3);
  const server = await startHealthServer({
    host: "127.0.0.1",
    port: 0,
    dependencies: () => dependencies,
    metrics,
  });
  onTestFinished(() => server.stop());
  return { server, get: (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`) };
}

test("is alive even when what it depends on is not", async () => {
  const { get } = await serving([{ name: "bus", ready: false }]);

  expect((await get("/livez")).status).toBe(200);
});

test("is ready when every dependency is, and names the one that is not", async () => {
  const parts: Dependency[] = [{ name: "bus", ready: false, detail: "connection lost" }];
  const { get } = await serving(parts);

  const before = await get("/readyz");
  expect(before.status).toBe(503);
  expect(await before.json()).toEqual({ ready: false, parts });

  parts.splice(0, 1, { name: "bus", ready: true });
  expect((await get("/readyz")).status).toBe(200);
});

test("serves the metrics of the registry", async () => {
  const { get } = await serving([]);

  expect(await (await get("/metrics")).text()).toContain("aldis_things_total 3");
});

test("answers nothing else", async () => {
  const { get, server } = await serving([]);

  expect((await get("/")).status).toBe(404);
  const post = await fetch(`http://127.0.0.1:${server.port}/livez`, { method: "POST" });
  expect(post.status).toBe(405);
});

test("rejects when the port is taken", async () => {
  const { server } = await serving([]);
  const options = { host: "127.0.0.1", dependencies: () => [], metrics: new Registry() };

  const second = startHealthServer({ ...options, port: server.port });

  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
});
