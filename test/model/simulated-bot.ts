import type { ExecutionRecord } from "../../bot/audit/record.ts";
import { cancelExecution } from "../../bot/dispatch/cancel.ts";
import {
  chooseRelay,
  type DispatchCore,
  offerQueued,
  prepareOffer,
  sendOffer,
  type Work,
} from "../../bot/dispatch/dispatch.ts";
import { macOf } from "../../bot/dispatch/mac.ts";
import { type Dispatching, startDispatch } from "../../bot/dispatch/start.ts";
import { type RelayRegistry, startRegistry } from "../../bot/relays/registry.ts";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import { readFakeKey } from "./fake-keys.ts";
import { faultyExecutions, faultyRelays, type Link, over } from "./faulty-store.ts";
import { memoryExecutions } from "./memory-executions.ts";
import { memoryRelays, record } from "./memory-record.ts";
import type { Connection } from "./network.ts";
import { BOT_WAITS } from "./settings.ts";
import { SILENT } from "./silent.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

const MAC_KEY = Buffer.alloc(32, 1);
/** As the program does it beside all notices, since one may be lost. */
const RELAYS_READ_EVERY_MS = 15_000;
const USER = "018f0000-0000-7000-8000-000000000001";

interface BotLife {
  process: SimulatedProcess;
  connection: Connection;
  botId: string;
  hearsSinceMs: number;
  registry?: RelayRegistry;
  dispatching?: Dispatching;
}

/** What is to be run, as a caller asked for it. */
export interface Asked {
  spec: ExecutionSpec;
  mostStarts: number;
  concurrencyKey: string | undefined;
}

/** One bot, life after life: the real registry, dispatch and sweep. */
export class SimulatedBot {
  readonly index: number;
  wallOffsetMs = 0;

  readonly #world: World;
  #lives = 0;
  #life: BotLife | undefined;

  constructor(world: World, index: number) {
    this.#world = world;
    this.index = index;
  }

  get process(): SimulatedProcess | undefined {
    return this.#life?.process;
  }

  get isReady(): boolean {
    return this.#life?.dispatching !== undefined;
  }

  start(): void {
    const { timeline, random, network } = this.#world;
    const botId = `bot${this.index}n${++this.#lives}`;
    const process = new SimulatedProcess(botId, timeline, random);
    process.wallOffsetMs = this.wallOffsetMs;
    const connection = network.connect(process, botId);
    const life: BotLife = { process, connection, botId, hearsSinceMs: timeline.nowMs };
    this.#life = life;
    this.#build(life).catch(() => {
      process.in(500, () => {
        this.kill();
        this.start();
      });
    });
  }

  kill(): void {
    this.#life?.connection.drop();
    this.#life?.process.kill();
    this.#life = undefined;
  }

  cut(): void {
    if (!this.#life) return;
    this.#life.connection.cut();
    this.#life.hearsSinceMs = Number.POSITIVE_INFINITY;
  }

  mend(): void {
    if (!this.#life?.connection.isCut) return;
    this.#life.connection.mend();
    this.#life.hearsSinceMs = this.#world.timeline.nowMs;
    this.refresh();
  }

  jump(offsetMs: number): void {
    this.wallOffsetMs = offsetMs;
    if (this.#life) this.#life.process.wallOffsetMs = offsetMs;
  }

  /** Whether it would offer something to this life of a relay. */
  hears({ id, epoch }: { id: string; epoch: string | undefined }): boolean {
    const { registry } = this.#life ?? {};
    const relay = registry?.find(id);
    return relay !== undefined && registry?.isReachable(relay) === true && relay.epoch === epoch;
  }

  /** An administrator has changed a relay. */
  refresh(): void {
    const { process, registry } = this.#life ?? {};
    process?.see(() => void registry?.refresh().catch(() => {}));
  }

  /** As the invocation does it: matched, recorded, and only then offered. */
  async take(asked: Asked): Promise<void> {
    const { dispatching, process } = this.#life ?? {};
    if (!dispatching || !process) return;
    const { dispatch } = dispatching;
    const work = workOf(this.#world.db.workspaceId, asked.spec);
    const candidate = chooseRelay(dispatch, work);
    const prepared = candidate && prepareOffer(dispatch, work, candidate);
    const row = recordOf(dispatch, asked, candidate);
    const recorded = await this.#record(process, row);
    if (recorded !== "recorded") return;
    if (candidate) await sendOffer(dispatch, work, candidate, prepared);
    else await offerQueued(dispatch, work);
  }

  async cancel(executionId: string): Promise<void> {
    const { dispatching } = this.#life ?? {};
    if (!dispatching) return;
    const key = { workspaceId: this.#world.db.workspaceId, executionId };
    await cancelExecution(dispatching.dispatch, key, { userId: USER, method: "console" });
  }

  /** Where the answer to the commit was lost, the same row is sent again. */
  async #record(process: SimulatedProcess, row: ExecutionRecord): Promise<string> {
    const link = this.#link(process);
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        return await over(link, async () => record(this.#world.db, row, USER));
      } catch {
        this.#world.count("recording tried again");
        await process.wait(250);
      }
    }
    return "not known";
  }

  #link(process: SimulatedProcess): Link {
    const { timeline, random } = this.#world;
    return {
      timeline,
      random,
      process,
      faults: () => this.#world.storeFaults,
      onFault: (kind) => this.#world.count(`database: ${kind}`),
    };
  }

  async #build(life: BotLife): Promise<void> {
    const { process, connection: bus, botId } = life;
    const { db, keyList, botKey, variant } = this.#world;
    const { clock } = process;
    const link = this.#link(process);
    const refused = (kind: string) => this.#world.count(`bot refused ${kind}`);
    const { silenceMs, sweepIntervalMs } = BOT_WAITS;
    const shared = { clock, bus, key: botKey, botId, log: SILENT, refused, silenceMs };
    const relays = faultyRelays(memoryRelays(db), link);
    const registry = await startRegistry({
      ...shared,
      relays,
      keyList: () => keyList,
      readKey: readFakeKey,
    });
    const stored = this.#world.observed(memoryExecutions(db));
    const damaged = variant?.database?.(stored, db) ?? stored;
    const faulty = faultyExecutions(damaged, link);
    life.registry = registry;
    clock.every(RELAYS_READ_EVERY_MS, () => this.refresh());
    life.dispatching = startDispatch({
      ...shared,
      registry,
      executions: variant?.executions?.(faulty) ?? faulty,
      macKey: MAC_KEY,
      hearsSinceMs: () => life.hearsSinceMs,
      auditHead: () => undefined,
      decideOnRelay: async () => () => true,
      sweepIntervalMs,
    });
  }
}

function workOf(workspaceId: string, spec: ExecutionSpec): Work {
  const { offerTimeoutMs } = BOT_WAITS;
  return { workspaceId, spec, attempt: 1, offerTimeoutMs, mayRunOn: () => true, tried: new Set() };
}

function recordOf(
  dispatch: DispatchCore,
  { spec, mostStarts, concurrencyKey }: Asked,
  candidate: ReturnType<typeof chooseRelay>,
): ExecutionRecord {
  const { workspaceId } = candidate?.relay ?? {};
  const { offerTimeoutMs, queueTimeoutMs, lostAfterMs } = BOT_WAITS;
  const decided = { workspaceId: workspaceId ?? WORKSPACE, userId: USER, spec };
  return {
    id: spec.executionId,
    spec,
    mac: macOf(MAC_KEY, decided).toString("base64"),
    relayId: candidate?.relay.id,
    epoch: candidate?.epoch,
    botId: dispatch.botId,
    offerTimeoutMs,
    queueTimeoutMs,
    lostAfterMs,
    mostStarts,
    ...(concurrencyKey !== undefined && { concurrencyKey, concurrencyMax: 1 }),
  };
}

export const WORKSPACE = "018f0000-0000-7000-8000-000000000000";
