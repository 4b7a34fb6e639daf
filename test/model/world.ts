import type { ExecutionStore } from "../../bot/dispatch/execution-store.ts";
import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import { anyRelay } from "../../relay/wire/selector.ts";
import { BOT_KEY, KEY_LIST } from "./bot-keys.ts";
import { brokenAtEnd, brokenBy, isOpen } from "./contracts.ts";
import { Facts, type Happening } from "./facts.ts";
import { SOUND, type StoreFaults } from "./faulty-store.ts";
import { MemoryDatabase } from "./memory-database.ts";
import type { Behaviour } from "./memory-runtime.ts";
import { FAIR, Network } from "./network.ts";
import { drawBehaviour, drawPlan, type Plan, type PlannedExecution } from "./plan.ts";
import { Random } from "./random.ts";
import { COMMAND_TIMEOUT_MS, LONGEST_REST_MS, RELAY_WAITS } from "./settings.ts";
import { SimulatedBot, WORKSPACE } from "./simulated-bot.ts";
import { SimulatedRelay } from "./simulated-relay.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";
import { befall, heal } from "./troubles.ts";
import type { Variant } from "./variant.ts";

export interface WorldOptions {
  variant?: Variant;
  /** Counts how often each interesting thing happened. */
  coverage?: Map<string, number>;
  /** Keeps what happened, for reading; the hash of a trace is made with it. */
  isTraced?: boolean;
}

export interface Outcome {
  broken: readonly string[];
  trace: Trace;
  simulatedMs: number;
}

/** Everything of one schedule: two bots, some relays, a database, a network, and time. */
export class World {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly plan: Plan;
  readonly db: MemoryDatabase;
  readonly facts: Facts;
  readonly network: Network;
  readonly keyList = KEY_LIST;
  readonly botKey = BOT_KEY;
  readonly variant: Variant | undefined;
  readonly bots: readonly SimulatedBot[];
  readonly relays: readonly SimulatedRelay[];
  readonly trace: Trace;
  readonly broken: string[] = [];
  storeFaults: StoreFaults = SOUND;
  /** How much of the plan has still to happen, or to be undone. */
  pending = 0;

  readonly #behaviours = new Map<string, Behaviour>();
  readonly #coverage: Map<string, number> | undefined;

  constructor(seed: number, { variant, coverage, isTraced = false }: WorldOptions = {}) {
    this.random = new Random(seed);
    this.plan = drawPlan(this.random);
    this.variant = variant;
    this.#coverage = coverage;
    this.trace = new Trace(this.timeline, isTraced);
    const nowMs = () => this.timeline.nowMs;
    this.db = new MemoryDatabase({
      workspaceId: WORKSPACE,
      nowMs,
      onChange: (change) => this.happened({ kind: "changed", ...change }),
    });
    this.facts = new Facts(this.db, nowMs, RELAY_WAITS.permitMs);
    this.network = new Network(this.timeline, this.random, (kind, subject) => {
      if (kind !== "delivered") this.count(`message ${kind}`);
      this.trace.add(kind, subject);
    });
    this.bots = [0, 1].map((index) => new SimulatedBot(this, index));
    this.relays = Array.from(
      { length: this.plan.relays },
      (_, index) => new SimulatedRelay(this, index, this.plan.capacity),
    );
  }

  readonly count = (what: string): void => {
    this.trace.add(what);
    this.#coverage?.set(what, (this.#coverage.get(what) ?? 0) + 1);
  };

  happened(happening: Happening): void {
    if (happening.kind === "changed") this.#noteChange(happening);
    else this.count(happening.kind);
    this.broken.push(...brokenBy(this.facts, happening));
  }

  /** Does it then; until it is done, nothing has come to rest. */
  schedule(atMs: number, act: () => void): void {
    this.pending += 1;
    this.timeline.at(atMs, () => {
      this.pending -= 1;
      act();
    });
  }

  behaviourOf(name: string): Behaviour {
    const known = this.#behaviours.get(name);
    // What was slow to begin, for want of an image perhaps, is quicker the next time.
    if (known) known.startMs = Math.floor(known.startMs / 2);
    if (known) return known;
    const drawn = drawBehaviour(this.random);
    this.#behaviours.set(name, drawn);
    return drawn;
  }

  /** The database, with an eye on who says that he hears whom, and on what results come to. */
  observed(executions: ExecutionStore): ExecutionStore {
    return {
      ...executions,
      hear: (workspaceId, speaking) => {
        for (const life of speaking) this.facts.heardAtMs.set(life, this.timeline.nowMs);
        return executions.hear(workspaceId, speaking);
      },
      settle: async (...args) => {
        const settled = await executions.settle(...args);
        this.count(`result ${settled}`);
        return settled;
      },
    };
  }

  async run(): Promise<Outcome> {
    this.#prepare();
    const { healAtMs } = this.plan;
    await this.timeline.run(
      () =>
        this.broken.length > 0 ||
        this.#isQuiet() ||
        this.timeline.nowMs > healAtMs + LONGEST_REST_MS,
    );
    if (this.broken.length === 0) this.broken.push(...this.#brokenAtEnd());
    return { broken: this.broken, trace: this.trace, simulatedMs: this.timeline.nowMs };
  }

  #prepare(): void {
    const { executions, troubles, weather, store, diskSlowness, healAtMs } = this.plan;
    this.network.weather = this.variant?.weather ?? weather;
    this.storeFaults = store;
    for (const relay of this.relays) this.#enrol(relay, diskSlowness);
    for (const bot of this.bots) this.timeline.at(0, () => bot.start());
    for (const relay of this.relays) this.timeline.at(5, () => relay.start());
    for (const planned of executions) this.#ask(planned);
    for (const each of troubles) this.schedule(each.atMs, () => befall(this, each));
    this.timeline.at(healAtMs, () => {
      this.network.weather = FAIR;
      this.storeFaults = SOUND;
      heal(this);
    });
  }

  #enrol({ id, name, key, disk }: SimulatedRelay, diskSlowness: number): void {
    disk.slowness = diskSlowness;
    this.db.relays.set(id, {
      workspaceId: WORKSPACE,
      id,
      name,
      hostname: "here",
      tags: {},
      signingKey: key.publicJwk,
      previousSigningKey: null,
      previousSigningKeyUntil: null,
      keysChangedAt: null,
      isGenuine: true,
      state: "active",
      epoch: null,
      draining: false,
    });
  }

  #ask({ atMs, bot, cancelAtMs, isAtLeastOnce, mostStarts, isLimited }: PlannedExecution): void {
    const executionId = this.random.uuid();
    const spec = specOf(executionId, this.random.uuid(), isAtLeastOnce);
    const asked = { spec, mostStarts, concurrencyKey: isLimited ? "key" : undefined };
    this.schedule(atMs, () => {
      this.bots[bot]?.process?.see(() => void this.bots[bot]?.take(asked).catch(() => {}));
    });
    if (cancelAtMs === undefined) return;
    const canceller = this.bots[this.random.whole(0, 1)];
    this.schedule(cancelAtMs, () => {
      canceller?.process?.see(() => void canceller.cancel(executionId).catch(() => {}));
    });
  }

  #isQuiet(): boolean {
    if (this.pending > 0 || (this.plan.lingers && !this.#isLongHealed())) return false;
    for (const row of this.db.rows.values()) if (isOpen(this.facts, row)) return false;
    return this.relays.every(({ id, isAtRest }) => isAtRest || this.facts.removed.has(id));
  }

  /** Long enough for every relay to have been heard by every bot since. */
  #isLongHealed(): boolean {
    return this.timeline.nowMs > this.plan.healAtMs + HEARD_WITHIN_MS;
  }

  /** Contract 7, read backwards. */
  #unheard(): string[] {
    if (!this.#isLongHealed()) return [];
    const active = this.relays.filter(({ id }) => !this.facts.removed.has(id));
    const isHeard = (relay: SimulatedRelay) => this.bots.every((bot) => bot.hears(relay));
    const unheard = active.filter((relay) => !isHeard(relay));
    return unheard.map(({ name }) => `7: ${name} speaks, and a bot takes it for unreachable`);
  }

  #brokenAtEnd(): string[] {
    const restless = this.relays.filter(
      ({ id, isAtRest }) => !isAtRest && !this.facts.removed.has(id),
    );
    const unsettled = restless.map(({ name }) => `liveness: ${name} still has something open`);
    return [...brokenAtEnd(this.facts), ...unsettled, ...this.#unheard()];
  }

  #noteChange({ before, after, event }: Extract<Happening, { kind: "changed" }>): void {
    if (before?.state !== after.state) this.count(`${before?.state ?? "new"} → ${after.state}`);
    const name = `${after.id.slice(0, 8)}/${after.attempt}`;
    this.trace.add(
      event ?? "row",
      `${name} ${after.state} ${after.epoch ?? ""} ${after.reason ?? ""}`,
    );
  }
}

function specOf(executionId: string, invocationId: string, isAtLeastOnce: boolean): ExecutionSpec {
  return {
    executionId,
    invocationId,
    bundle: "demo",
    bundleVersion: "1",
    bundleDigest: "sha256:0",
    command: "run",
    native: true,
    argv: ["/bin/run"],
    env: {},
    limits: { ...LIMITS, timeoutMs: COMMAND_TIMEOUT_MS },
    network: "none",
    mounts: [],
    selector: anyRelay(),
    delivery: isAtLeastOnce ? "at-least-once" : "at-most-once",
  };
}

/** A heartbeat, a challenge that waited in vain, and another heartbeat. */
const HEARD_WITHIN_MS = 2 * RELAY_WAITS.heartbeatMs + 6000;
const LIMITS = { outputBytes: 1 << 20, memoryBytes: 1, pids: 1, cpus: 1, tmpBytes: 0 };
