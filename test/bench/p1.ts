import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { waitForRelay } from "../../bot/cli/up/wait-for-relay.ts";
import type { Conversation } from "../../bot/invocation/message.ts";
import { createLogger } from "../../relay/process/logger.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { uuidv7 } from "../../relay/wire/ids.ts";
import { type Figure, median, quantile, ROUNDS, type Round, timed } from "./measure.ts";
import { benchMessage, openStage, type Stage } from "./stage.ts";

const BUNDLE = `
aldis_bundle_version: 1
name: bench
version: 1.0.0
description: Nothing.
permissions: [run]
commands:
  noop:
    description: Nothing.
    executable: [/bin/true]
    native: true
    options: { name: { type: string } }
    arguments: [{ name: environment }]
    offer_timeout: 1h
    rules:
      - with arg[0] == "prod" must have bench:run
      - with arg[0] == "staging" allow
`;

const OPERATIONS = 200;
const PER_SECOND = 20;
const PACED_OPERATIONS = 40;

/** Chat event → offer sent, against the same rows in one statement and one NATS request. */
export async function measureP1(): Promise<Figure[]> {
  const stage = await openStage(BUNDLE);
  const stub = fork(
    join(import.meta.dirname, "relay-stub.ts"),
    [stage.natsUrl, await stage.joinToken("bench")],
    { stdio: ["ignore", "pipe", "inherit", "ipc"] },
  );
  try {
    const [line] = await once(stub.stdout ?? stub, "data");
    const relayId = String(line).trim().split(" ")[1] ?? "";
    await waitForRelay(stage.bot.dispatch.registry, relayId, 10_000);
    const product = productOf(stage);
    await product();
    const floor = await floorOf(stage);
    const spans = { backToBack: [] as number[], paced: [] as number[] };
    await compare(OPERATIONS, product, floor.run, 0, []);
    await stage.analyze();
    const backToBack = await rounds(OPERATIONS, product, floor.run, 0, spans.backToBack);
    const paced = await rounds(
      PACED_OPERATIONS,
      product,
      floor.run,
      1000 / PER_SECOND,
      spans.paced,
    );
    await floor.stop();
    const shared = {
      unit: "ms",
      direction: "≤" as const,
      target: 1.5,
      floorName: "the same rows in one statement and one commit, then one NATS request",
    };
    return [
      figure("P1", "chat event → offer taken, back to back", backToBack, spans.backToBack),
      figure("P1/20", "the same at 20 a second", paced, spans.paced),
    ];

    function figure(
      id: string,
      what: string,
      all: readonly Round[],
      took: readonly number[],
    ): Figure {
      const p99 = `99th percentile ${quantile(took, 0.99).toFixed(2)} ms`;
      return { ...shared, id, what, rounds: all, notes: [p99] };
    }
  } finally {
    stub.kill();
    await stage.stop();
  }
}

async function rounds(
  operations: number,
  product: () => Promise<void>,
  floor: () => Promise<void>,
  everyMs: number,
  took: number[],
): Promise<Round[]> {
  const all: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    all.push(await compare(operations, product, floor, everyMs, took));
  }
  return all;
}

/** Product and floor in turn, operation by operation. */
async function compare(
  operations: number,
  product: () => Promise<void>,
  floor: () => Promise<void>,
  everyMs: number,
  took: number[],
): Promise<Round> {
  const [measured, floors]: [number[], number[]] = [[], []];
  for (let operation = 0; operation < operations; operation++) {
    measured.push(await timed(product));
    if (everyMs > 0) await pause(everyMs);
    floors.push(await timed(floor));
    if (everyMs > 0) await pause(everyMs);
  }
  took.push(...measured);
  return { measured: median(measured), floor: median(floors) };
}

/** One typed line through the real intake, until the relay has answered its offer. */
function productOf({ bot }: Stage): () => Promise<void> {
  let onAnswered: () => void = () => {};
  const { bus } = bot.dispatch;
  const request = bus.request.bind(bus);
  bus.request = async (...args) => {
    const reply = await request(...args);
    onAnswered();
    return reply;
  };
  const conversation: Conversation = {
    accepted() {},
    async tell() {
      throw new Error("the bench command was refused");
    },
    follow: () => ({ state() {}, output() {}, async ended() {} }),
  };
  return () => {
    const answered = new Promise<void>((resolve) => {
      onAnswered = resolve;
    });
    const message = benchMessage(bot, "!bench:noop staging --name 'some value'");
    void bot.intake.take(message, conversation);
    return answered;
  };
}

const FLOOR_TABLES = [
  "invocations",
  "executions",
  "audit_events",
  "audit_details",
  "audit_unlinked",
];

const FLOOR_STATEMENT = `
  with i as (
    insert into floor_invocations (workspace_id, id, adapter, installation, channel, message_id,
      provider_user, user_id, bundle, bundle_version, command, decision)
    values ($1, $2, 'console', 'local', 'bench', $3, 'somebody', $1, 'bench', '1.0.0', 'noop', 'allow')),
  e as (
    insert into floor_executions (workspace_id, id, invocation_id, state, spec, mac, relay_id, epoch,
      bot_id, offer_timeout_ms, queue_timeout_ms, lost_after_ms, offered_at)
    values ($1, $4, $2, 'offered', $5, $6, $1, 'epoch', 'bot', 1, 1, 1, now())),
  a as (
    insert into floor_audit_events (workspace_id, id, body, at, kind, actor_id, method, channel,
      invocation_id, execution_id, relay_id, bundle, bundle_version, command, outcome, detail_digest)
    values ($1, $7, $9, now(), 'invocation.requested', $1, 'console', 'bench', $2, $4, $1, 'bench',
      '1.0.0', 'noop', 'allow', $6)),
  d as (
    insert into floor_audit_details (workspace_id, event_id, salt, detail)
    values ($1, $7, '0123456789abcdef', $8))
  insert into floor_audit_unlinked (workspace_id, event_id) values ($1, $7)`;

/** What no bot could do without: the rows, committed, and one request over NATS. */
async function floorOf(stage: Stage): Promise<{ run(): Promise<void>; stop(): Promise<void> }> {
  const client = new pg.Client(stage.ownerUrl);
  // The stage may be gone before it; what has gone wrong is told by whoever stopped it.
  client.on("error", () => {});
  await client.connect();
  for (const table of FLOOR_TABLES) {
    await client.query(`create table floor_${table} (like ${table} including all)`);
  }
  const log = createLogger({ level: "error" });
  const bus = await connectNats({ servers: stage.natsUrl, name: "floor", onError() {}, log });
  const { rows } = await client.query("select spec, mac from executions limit 1");
  const row: { spec: unknown; mac: Buffer } | undefined = rows[0];
  if (!row) throw new Error("the floor writes the same rows as an execution, and there is none");
  const spec = JSON.stringify(row.spec);
  const payload = Buffer.alloc(1_800, "a");
  const detail = JSON.stringify({ text: "!bench:noop staging --name 'some value'", user: "admin" });
  return {
    async run() {
      const ids = [uuidv7(), uuidv7(), uuidv7(), uuidv7()] as const;
      const ws = stage.bot.workspaceId;
      const body = floorEvent(ws, ids[0], ids[2], ids[3]);
      const values = [ws, ids[0], ids[1], ids[2], spec, row.mac, ids[3], detail, body];
      await client.query({ name: "floor", text: FLOOR_STATEMENT, values });
      await bus.request("bench.floor", payload, { timeoutMs: 5_000 });
    },
    async stop() {
      await bus.stop();
      await client.end();
    },
  };
}

/** As `append_event` writes it. */
function floorEvent(workspace: string, invocation: string, execution: string, id: string): string {
  const at = new Date().toISOString();
  const about = { workspace, invocation, execution, actor: workspace, relay: workspace };
  const what = { bundle: "bench", version: "1.0.0", command: "noop", outcome: "allow" };
  const event = { v: 1, id, at, kind: "invocation.requested", method: "console", channel: "bench" };
  return JSON.stringify({ ...event, ...about, ...what, detail: "0".repeat(64) });
}
