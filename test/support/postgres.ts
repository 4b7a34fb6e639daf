import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, inject } from "vitest";
import { z } from "zod";
import { onDatabase, startTestCluster, type TestCluster, withClient } from "./postgres-cluster.ts";

export interface TestDatabase {
  /** Superuser, as migrations use. */
  ownerUrl: string;
  /** The bot's login, bound by row-level security. */
  url: string;
  drop(): Promise<void>;
}

const Answer = z.union([
  z.object({ ownerUrl: z.string(), appUrl: z.string(), template: z.string() }),
  z.object({ error: z.string() }),
]);

let shared: Promise<TestCluster> | undefined;
let stopOwn: (() => Promise<void>) | undefined;

afterAll(() => stopOwn?.());

/** A migrated database of its own, cloned in some 30 ms; connections to it end with `drop`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  shared ??= findCluster();
  const { ownerUrl, appUrl, template } = await shared;
  const name = `test_${randomBytes(6).toString("hex")}`;
  await withClient(ownerUrl, (client) =>
    client.query(`create database ${name} template ${template}`),
  );
  return {
    ownerUrl: onDatabase(ownerUrl, name),
    url: onDatabase(appUrl, name),
    drop: () =>
      withClient(ownerUrl, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/** The run's cluster; without the global setup, one for this file. */
async function findCluster(): Promise<TestCluster> {
  const broker = inject("postgresBroker");
  if (broker) return ask(broker);
  const own = await startTestCluster();
  stopOwn = own.stop;
  return own;
}

async function ask(broker: string): Promise<TestCluster> {
  const answer = Answer.parse(JSON.parse(await text(connect(broker))));
  if ("error" in answer) throw new Error(`no test Postgres: ${answer.error}`);
  return answer;
}
