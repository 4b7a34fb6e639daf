import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startNatsServer } from "./nats-server.ts";
import { createTestDatabase } from "./postgres.ts";
import { withClient } from "./postgres-cluster.ts";
import { startNode } from "./processes.ts";

describe("createTestDatabase", () => {
  test("gives each test a migrated database of its own, as a role without privileges", async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    const query = `select count(*)::int as tables,
      (select rolsuper from pg_roles where rolname = current_user) as super
      from pg_tables where schemaname = 'public'`;

    const [inOne, owner] = await Promise.all(
      [one.url, one.ownerUrl].map((url) => withClient(url, (client) => client.query(query))),
    );

    expect(inOne?.rows[0]).toMatchObject({ super: false });
    expect(inOne?.rows[0].tables).toBeGreaterThan(0);
    expect(owner?.rows[0]).toMatchObject({ super: true });
    expect(one.url).not.toBe(two.url);
    await Promise.all([one.drop(), two.drop()]);
    await expect(withClient(one.url, async () => {})).rejects.toMatchObject({ code: "3D000" });
  });
});

describe("startNatsServer", () => {
  test("ends with stop, and frees its port for the next", async () => {
    const first = await startNatsServer({ jetstream: true });
    await first.stop();

    const second = await startNatsServer({ port: first.port });

    expect(second.url).toBe(first.url);
    second.pause();
    await second.kill();
    expect(existsSync(`/proc/${second.pid}/cwd`)).toBe(false);
  });
});

describe("startNode", () => {
  test("captures lines, types, and tells how the process ended", async () => {
    const echo = "process.stdin.on('data', (d) => console.log('got ' + d)); console.error('up')";
    const child = startNode(["--eval", `${echo}; process.stdin.on('end', () => process.exit(3))`]);

    await child.waitForLine(/^up$/);
    child.type("hello");
    expect(await child.waitForLine(/^got/)).toBe("got hello");
    child.endInput();

    expect(await child.exit).toEqual({ code: 3, signal: null });
    await expect(child.waitForLine(/never/)).rejects.toThrow(/ended without a line like \/never\//);
  });
});
