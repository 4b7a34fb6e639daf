import {
  BusError,
  type BusMessage,
  type MessageBus,
  type MessageHandler,
  type RequestOptions,
  type SubscribeOptions,
  type Subscription,
} from "../../relay/process/bus.ts";
import { createMemoryBus, type MemoryBus } from "../../relay/process/memory-bus.ts";
import type { Random } from "./random.ts";
import type { SimulatedProcess } from "./simulated-process.ts";
import type { Timeline } from "./timeline.ts";

/** How the network treats a message; chances from 0 to 1. */
export interface Weather {
  loss: number;
  doubling: number;
  /** How often one is late, and by how much at most. */
  lateness: number;
  latestMs: number;
}

export const FAIR: Weather = { loss: 0, doubling: 0, lateness: 0, latestMs: 0 };

interface Listening {
  subject: string;
  options: SubscribeOptions;
  handler: MessageHandler;
  live: Subscription | undefined;
}

/** The in-process bus in all weathers, with connections that can be cut. */
export class Network {
  weather: Weather = FAIR;

  readonly #wire: MemoryBus;
  readonly #random: Random;
  /** Names in subjects of what has no connection now. */
  readonly #cut = new Set<string>();

  constructor(
    timeline: Timeline,
    random: Random,
    onEvent: (kind: string, subject: string) => void,
  ) {
    this.#random = random;
    this.#wire = createMemoryBus({
      schedule: (deliver, subject) => {
        if (this.#isCutOff(subject)) return onEvent("cut off", subject);
        if (random.chance(this.weather.loss)) return onEvent("lost", subject);
        const handOver = () => {
          onEvent("delivered", subject);
          deliver();
        };
        timeline.in(this.#delayMs(), handOver);
        if (!random.chance(this.weather.doubling)) return;
        onEvent("doubled", subject);
        timeline.in(this.#delayMs() + random.whole(0, 500), handOver);
      },
    });
  }

  /** `name` stands in every subject under which this peer is answered. */
  connect(process: SimulatedProcess, name: string): Connection {
    const { clock } = process;
    const inner = this.#wire.connect({ clock, onError: () => {} });
    return new Connection(inner, process, {
      cut: () => this.#cut.add(name),
      mend: () => this.#cut.delete(name),
    });
  }

  #isCutOff(subject: string): boolean {
    if (this.#cut.size === 0) return false;
    return subject.split(".").some((token) => this.#cut.has(token));
  }

  #delayMs(): number {
    const { lateness, latestMs } = this.weather;
    if (this.#random.chance(lateness)) return this.#random.whole(1, latestMs);
    return this.#random.whole(1, 4);
  }
}

/** What one life of a program has of the bus. */
export class Connection implements MessageBus {
  isCut = false;

  readonly #inner: MessageBus;
  readonly #process: SimulatedProcess;
  readonly #line: { cut(): void; mend(): void };
  readonly #listening = new Set<Listening>();

  constructor(inner: MessageBus, process: SimulatedProcess, line: { cut(): void; mend(): void }) {
    this.#inner = inner;
    this.#process = process;
    this.#line = line;
  }

  publish(subject: string, payload: Uint8Array): void {
    if (this.#process.isAlive && !this.isCut) this.#inner.publish(subject, payload);
  }

  async request(subject: string, payload: Uint8Array, options: RequestOptions) {
    if (this.isCut) {
      const { timeoutMs, signal } = options;
      await this.#process.clock.sleep(timeoutMs, signal);
      throw new BusError(signal?.aborted ? "aborted" : "timeout", "not connected");
    }
    return this.#process.guard(this.#inner.request(subject, payload, options));
  }

  subscribe(subject: string, options: SubscribeOptions, handler: MessageHandler): Subscription {
    const listening: Listening = { subject, options, handler, live: undefined };
    this.#listening.add(listening);
    if (!this.isCut) this.#listen(listening);
    return {
      unsubscribe: () => {
        this.#listening.delete(listening);
        listening.live?.unsubscribe();
      },
    };
  }

  async flush(): Promise<void> {}

  onStatus(): void {}

  async stop(): Promise<void> {
    this.drop();
  }

  /** As when the process has ended: the broker notices at once. */
  drop(): void {
    for (const listening of this.#listening) listening.live?.unsubscribe();
    this.#line.mend();
  }

  cut(): void {
    this.isCut = true;
    this.drop();
    this.#line.cut();
  }

  mend(): void {
    if (!this.isCut) return;
    this.isCut = false;
    this.#line.mend();
    for (const listening of this.#listening) this.#listen(listening);
  }

  #listen(listening: Listening): void {
    const { subject, options, handler } = listening;
    const process = this.#process;
    // What a handler meets is its own affair: the bus would only log it.
    const handle = async (message: BusMessage) => {
      const respond = (payload: Uint8Array) => {
        if (process.isAlive && !this.isCut) message.respond(payload);
      };
      await handler({ ...message, respond });
    };
    listening.live = this.#inner.subscribe(subject, options, (message) =>
      process.see(() => void handle(message).catch(() => {})),
    );
  }
}
