import { test, expect } from "vitest";
import { createTestDatabase } from "../../support/postgres.ts";
import { withClient } from "../../support/postgres-cluster.ts";
import { needs } from "../../support/needs.ts";
import { describe } from "vitest";
test("db", async () => { console.time("c"); const d = await createTestDatabase(); console.timeEnd("c"); console.log(d, await withClient(d.url, async c => (await c.query("select current_user, current_database()")).rows)); console.time("c"); await createTestDatabase();console.timeEnd("c"); await d.drop(); });
describe("x", () => { needs("container engine", false); test("one", () => {throw new Error("x")}); test("two", () => {}); });
test.skip("zz", () => {});
