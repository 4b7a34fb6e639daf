import { setTimeout as delay } from "node:timers/promises";
import type { CutProxy } from "../faults/cut-proxy.ts";
import type { Host } from "../faults/host.ts";
import type { Landscape } from "../faults/landscape.ts";
import type { Random } from "./random.ts";

/** Something that goes wrong with one part, and is over when `happen` resolves. */
export interface Trouble {
  name: string;
  /** Two troubles never meet in one part. */
  part: string;
  happen(random: Random): Promise<void>;
}

/** Everything that can go wrong, each as often as it stands here. */
export function troublesOf(land: Landscape, { longCuts }: { longCuts: boolean }): Trouble[] {
  const { bots, relays, natsWires, databaseWires } = land;
  // Only one of them, for such cuts take long: nothing else would happen meanwhile.
  const far = longCuts ? relays.at(-1) : undefined;
  return [
    ...relays.flatMap((relay) => [
      killed(relay, "relay"),
      frozen(relay, "relay"),
      cut(`relay cut off from NATS`, relay.name, wireOf(natsWires, relay), 4_000),
      hushed(`relay not heard by NATS`, relay.name, wireOf(natsWires, relay), 6_000),
      ...(relay === far ? [cutForAMinute(relay.name, wireOf(natsWires, relay))] : []),
    ]),
    ...bots.flatMap((bot) => [
      killed(bot, "bot"),
      killed(bot, "bot"),
      frozen(bot, "bot"),
      cut("bot cut off from NATS", bot.name, wireOf(natsWires, bot), 3_000),
      cut("bot cut off from Postgres", bot.name, wireOf(databaseWires, bot), 3_000),
      hushed("bot not heard by Postgres", bot.name, wireOf(databaseWires, bot), 3_000),
    ]),
    restarted("NATS", land.nats),
    restarted("NATS", land.nats),
    restarted("Postgres", land.postgres),
    restarted("Postgres", land.postgres),
    {
      name: "NATS stood still",
      part: "NATS",
      async happen(random) {
        land.nats.freeze();
        await delay(random.between(300, 3_000));
        land.nats.thaw();
      },
    },
  ];
}

function killed(host: Host, kind: string): Trouble {
  return {
    name: `${kind} killed`,
    part: host.name,
    async happen(random) {
      await host.kill();
      await delay(random.between(0, 1_500));
      await host.start();
    },
  };
}

function frozen(host: Host, kind: string): Trouble {
  return {
    name: `${kind} stood still`,
    part: host.name,
    async happen(random) {
      host.freeze();
      await delay(random.between(200, random.next() < 0.1 ? 12_000 : 3_000));
      host.thaw();
    },
  };
}

function cut(name: string, part: string, wire: CutProxy, mostMs: number): Trouble {
  return {
    name,
    part,
    async happen(random) {
      wire.cut();
      await delay(random.between(0, mostMs));
      wire.heal();
    },
  };
}

function hushed(name: string, part: string, wire: CutProxy, mostMs: number): Trouble {
  return {
    name,
    part,
    async happen(random) {
      wire.hush();
      await delay(random.between(100, mostMs));
      wire.heal();
    },
  };
}

function cutForAMinute(part: string, wire: CutProxy): Trouble {
  return {
    name: "relay cut off for a minute",
    part,
    async happen() {
      wire.cut();
      await delay(60_000);
      wire.heal();
    },
  };
}

function restarted(name: string, server: { restart(awayMs: number): Promise<void> }): Trouble {
  return {
    name: `${name} restarted`,
    part: name,
    happen: (random) => server.restart(random.between(0, 1_000)),
  };
}

function wireOf(wires: ReadonlyMap<string, CutProxy>, { name }: Host): CutProxy {
  const wire = wires.get(name);
  if (!wire) throw new TypeError(`${name} has no wire`);
  return wire;
}
