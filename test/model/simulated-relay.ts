import { type Agent, startAgent } from "../../relay/agent/agent.ts";
import type { RelayMetrics } from "../../relay/agent/metrics.ts";
import { recover } from "../../relay/execution/recover.ts";
import { attemptKey, type JournalRecord } from "../../relay/journal/entry.ts";
import { type Journal, openJournal } from "../../relay/journal/journal.ts";
import type { MessageBus } from "../../relay/process/bus.ts";
import type { AttemptName } from "../../relay/wire/messages.ts";
import { fakeSigningKey, readFakeKey } from "./fake-keys.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { CommandHost, memoryRuntime } from "./memory-runtime.ts";
import type { Connection } from "./network.ts";
import { Permits } from "./permits.ts";
import { redeliveries } from "./redeliveries.ts";
import { RELAY_WAITS } from "./settings.ts";
import { SILENT } from "./silent.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import type { World } from "./world.ts";

const JOURNAL = "/relay/journal";
const SPOOL = "/relay/spool";

interface RelayLife {
  process: SimulatedProcess;
  connection: Connection;
  epoch: string;
  permits: Permits;
  journal?: Journal;
  agent?: Agent;
}

/** One relay and its host, life after life: the real journal, recovery and agent. */
export class SimulatedRelay {
  readonly id: string;
  readonly name: string;
  readonly key;
  readonly disk: MemoryDisk;
  readonly commands = new CommandHost();
  wallOffsetMs = 0;

  readonly #world: World;
  readonly #capacity: number;
  /** What earlier lives have claimed. */
  readonly #claimed = new Set<string>();
  #lives = 0;
  #life: RelayLife | undefined;

  constructor(world: World, index: number, capacity: number) {
    this.#world = world;
    this.#capacity = capacity;
    this.id = world.random.uuid();
    this.name = `relay${index}`;
    this.key = fakeSigningKey(this.name);
    this.disk = new MemoryDisk(world.random);
  }

  get process(): SimulatedProcess | undefined {
    return this.#life?.process;
  }

  /**
   * Nothing is in hand, and nothing in its journal that no bot has committed: an attempt that a
   * full disk has kept from being crossed out is sent once more after the next start.
   */
  get isAtRest(): boolean {
    const { agent, journal } = this.#life ?? {};
    const { db } = this.#world;
    const isOver = (of: AttemptName) => db.result(of) || db.attempt(of)?.relayId !== this.id;
    return agent?.running() === 0 && journal?.records().every(isOver) === true;
  }

  get epoch(): string | undefined {
    return this.#life?.epoch;
  }

  start(): void {
    const { timeline, random, network, variant } = this.#world;
    const drawn = `${this.name}n${++this.#lives}`;
    const epoch = variant?.epoch?.(drawn) ?? drawn;
    const process = new SimulatedProcess(drawn, timeline, random);
    process.wallOffsetMs = this.wallOffsetMs;
    const connection = network.connect(process, this.id);
    const life: RelayLife = { process, connection, epoch, permits: new Permits(process.clock) };
    this.#life = life;
    this.#build(life).catch(() => {
      this.#world.count("relay could not start");
      process.in(700, () => {
        this.kill();
        this.start();
      });
    });
  }

  /** The process ends where it stands; what it has started runs on. */
  kill(): void {
    const life = this.#life;
    if (!life) return;
    life.connection.drop();
    life.process.kill();
    this.#life = undefined;
    for (const record of life.journal?.records() ?? []) {
      this.#world.count(`died: ${stageOf(record)}`);
    }
    this.#noteLost(life);
  }

  cutPower(): void {
    this.#forgetUnwritten();
    this.disk.cutPower();
    this.commands.killAll();
    this.kill();
    for (const key of this.#claimed) this.#world.facts.torn.add(key);
  }

  /** A claim leaves before the disk has it: where power fails between, nobody can know of it. */
  #forgetUnwritten(): void {
    const kept = new Set((this.#life?.journal?.records() ?? []).map(attemptKey));
    const { facts } = this.#world;
    for (const { id, attempt, relayId, state } of facts.db.rows.values()) {
      const key = attemptKey({ executionId: id, attempt });
      const isHere = relayId === this.id && (state === "offered" || state === "started");
      if (isHere && !kept.has(key)) facts.lost.add(key);
    }
  }

  wipe(): void {
    this.commands.killAll();
    this.disk.wipe();
    this.kill();
    const { facts } = this.#world;
    for (const started of facts.db.attempts.values()) {
      if (started.relayId === this.id) facts.lost.add(attemptKey(started));
    }
    // A claim may still be on its way, and be granted to nobody who remembers it.
    for (const key of this.#claimed) facts.lost.add(key);
  }

  /** As asked by its service manager, which starts it again once it has stopped. */
  stopGently(): void {
    const { process, agent } = this.#life ?? {};
    if (!process || !agent) return;
    process.see(() => {
      void agent.stop().then(() => {
        this.kill();
        this.start();
      });
    });
  }

  cut(): void {
    this.#life?.connection.cut();
  }

  mend(): void {
    this.#life?.connection.mend();
  }

  jump(offsetMs: number): void {
    this.wallOffsetMs = offsetMs;
    if (this.#life) this.#life.process.wallOffsetMs = offsetMs;
  }

  async #build(life: RelayLife): Promise<void> {
    const { process, epoch } = life;
    const { clock } = process;
    const disk = this.disk.openedBy(process);
    const journal = await openJournal(JOURNAL, { disk, compactAtBytes: 1500 });
    life.journal = journal;
    for (const record of journal.records()) this.#world.count(`recovered: ${stageOf(record)}`);
    this.#watch(life, journal);
    this.#world.variant?.journal?.(journal);
    const runtimes = [this.#runtimeOf(life)];
    const held = { key: this.key, epoch, journal, disk, clock, spoolDirectory: SPOOL, runtimes };
    const recovered = await recover({ ...held, link: { ...held, log: SILENT } });
    const bus = this.#busOf(life);
    const agent = (on: MessageBus) =>
      startAgent({ ...this.#agentDeps(), ...held, bus: on, recovered });
    if (!this.#world.variant?.forgetsOffers) {
      life.agent = await agent(bus);
      return;
    }
    const { first, again } = redeliveries(bus);
    life.agent = await agent(first);
    await startAgent({ ...this.#agentDeps(), ...held, bus: again, recovered: [] });
  }

  #agentDeps() {
    const { keyList, variant } = this.#world;
    return {
      relayId: this.id,
      authority: keyList.authority,
      keyList: keyList.list,
      readKey: readFakeKey,
      saveKeyList: async () => {},
      openHeads: async () => ({ take: () => {}, stop: async () => {} }),
      tags: {},
      nativeBundles: ["demo"],
      capacity: this.#capacity,
      program: "model",
      waits: { ...RELAY_WAITS, permitMs: variant?.permitMs ?? RELAY_WAITS.permitMs },
      metrics: this.#metrics(),
      log: SILENT,
    };
  }

  #metrics(): RelayMetrics {
    const { count } = this.#world;
    return {
      refusedMessage: (kind, reason) => count(`relay refused ${kind}: ${reason}`),
      refusedOffer: (code) => count(`offer refused: ${code}`),
      admitted: () => count("offer taken"),
      running: () => {},
    };
  }

  #busOf({ connection, permits, epoch, process }: RelayLife): MessageBus {
    const { variant, botKey } = this.#world;
    const observed = permits.observing(connection, {
      onReceipt: (of) => this.#world.happened({ kind: "receipted", relayId: this.id, ...of }),
      onPermit: (isGranted) => this.#world.count(isGranted ? "permitted" : "claim refused"),
    });
    const { wallMs } = process.clock;
    const parts = { bus: observed, relayId: this.id, epoch, botKey, botId: "bot0n1", wallMs };
    return variant?.relayBus?.(parts) ?? observed;
  }

  #runtimeOf({ process, epoch, permits }: RelayLife) {
    return memoryRuntime({
      timeline: this.#world.timeline,
      process,
      host: this.commands,
      behaviourOf: (name) => this.#world.behaviourOf(name),
      onWithheld: () => this.#world.count("permit aged"),
      onBegin: (name) => {
        const of = namedBy(name);
        const permitAgeMs = permits.ageOf(of);
        const begun = { ...of, relayId: this.id, epoch, permitAgeMs };
        this.#world.facts.begun.push(begun);
        this.#world.happened({ kind: "begun", ...begun });
      },
    });
  }

  /** Sees what the journal is told, and what of it has reached the disk. */
  #watch({ epoch }: RelayLife, journal: Journal): void {
    const append = journal.append.bind(journal);
    const { facts } = this.#world;
    journal.append = async (entry) => {
      const record = journal.records().find((each) => attemptKey(each) === attemptKey(entry));
      await append(entry);
      this.#world.count(`journal: ${entry.kind}`);
      const { executionId, attempt } = entry;
      if (entry.kind === "finished") {
        facts.finished.set(attemptKey(entry), { executionId, attempt, relayId: this.id });
      }
      if (entry.kind === "settled" && record) {
        this.#world.happened({ kind: "forgotten", relayId: this.id, epoch, record });
      }
    };
  }

  /** What this life has claimed and its disk does not know of, nobody knows any more. */
  #noteLost({ permits }: RelayLife): void {
    const text = this.disk.textOf(JOURNAL);
    for (const of of permits.claimed.values()) {
      this.#claimed.add(attemptKey(of));
      const isKept = text.includes(`"executionId":"${of.executionId}","attempt":${of.attempt}`);
      if (isKept) continue;
      this.#world.facts.lost.add(attemptKey(of));
      if (this.#world.db.attempt(of)) this.#world.count("lost from the journal");
    }
  }
}

/** How far an attempt had come, by its journal. */
function stageOf({ permitted, created, finished }: JournalRecord): string {
  if (finished) return "finished";
  if (created) return "created";
  return permitted ? "permitted" : "claimed";
}

/** `aldis-<execution>-<attempt>` */
function namedBy(name: string): AttemptName {
  const at = name.lastIndexOf("-");
  return { executionId: name.slice("aldis-".length, at), attempt: Number(name.slice(at + 1)) };
}
