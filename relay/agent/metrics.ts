import { Counter, Gauge, type Registry } from "prom-client";

/** What a relay counts. */
export interface RelayMetrics {
  /** Messages that were not believed, by what they claimed to be and why. */
  refusedMessage(kind: string, reason: string): void;
  /** Offers that were believed and not taken, by code. */
  refusedOffer(code: string): void;
  admitted(): void;
  running(count: number): void;
}

export function relayMetrics(registry: Registry): RelayMetrics {
  const registers = [registry];
  const messages = new Counter({
    name: "aldis_relay_messages_refused_total",
    help: "Messages that could not be verified",
    labelNames: ["kind", "reason"],
    registers,
  });
  const offers = new Counter({
    name: "aldis_relay_offers_refused_total",
    help: "Verified offers that this relay did not take",
    labelNames: ["code"],
    registers,
  });
  const taken = new Counter({
    name: "aldis_relay_offers_taken_total",
    help: "Offers that this relay has claimed",
    registers,
  });
  const running = new Gauge({
    name: "aldis_relay_executions_running",
    help: "Executions in hand whose command has not ended",
    registers,
  });
  return {
    refusedMessage: (kind, reason) => messages.inc({ kind, reason }),
    refusedOffer: (code) => offers.inc({ code }),
    admitted: () => taken.inc(),
    running: (count) => running.set(count),
  };
}
