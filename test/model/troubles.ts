import type { EnrolledRelay } from "../../bot/relays/enrolled.ts";
import type { Plan, Trouble } from "./plan.ts";
import type { SimulatedBot } from "./simulated-bot.ts";
import type { SimulatedRelay } from "./simulated-relay.ts";
import type { World } from "./world.ts";

type Planned = Plan["troubles"][number];

/** Does it, and undoes it after a while, but no later than everything heals. */
export function befall(world: World, { forMs, trouble }: Planned): void {
  const { timeline, plan } = world;
  const untilMs = Math.min(timeline.nowMs + forMs, plan.healAtMs);
  world.count(`trouble: ${trouble.whom} ${trouble.kind}`);
  const undo = trouble.whom === "bot" ? befallBot(world, trouble) : befallRelay(world, trouble);
  world.schedule(untilMs, undo);
}

function befallBot(world: World, { kind, index }: Extract<Trouble, { whom: "bot" }> | Trouble) {
  const bot = world.bots[index];
  if (!bot) return () => {};
  switch (kind) {
    case "kill":
      bot.kill();
      return () => startAgain(bot);
    case "cut":
      bot.cut();
      return () => bot.mend();
    case "jump":
      bot.jump(world.random.whole(-60_000, 60_000));
      return () => bot.jump(0);
    default:
      return pause(bot);
  }
}

function befallRelay(world: World, { kind, index }: Trouble): () => void {
  const relay = world.relays[index];
  if (!relay) return () => {};
  switch (kind) {
    case "kill":
      relay.kill();
      return () => startAgain(relay);
    case "power":
      relay.cutPower();
      return () => startAgain(relay);
    case "wipe":
      relay.wipe();
      return () => startAgain(relay);
    case "stop":
      relay.stopGently();
      return () => {};
    case "full":
      relay.disk.isFull = true;
      return () => {
        relay.disk.isFull = false;
      };
    case "cut":
      relay.cut();
      return () => relay.mend();
    case "jump":
      relay.jump(world.random.whole(-60_000, 60_000));
      return () => relay.jump(0);
    case "suspend":
      changeRelay(world, relay, "suspended");
      return () => changeRelay(world, relay, "active");
    case "remove":
      changeRelay(world, relay, "removed");
      return () => {};
    default:
      return pause(relay);
  }
}

/** Whatever is still wrong ends now. */
export function heal({ relays, bots }: World): void {
  for (const relay of relays) {
    relay.disk.isFull = false;
    relay.jump(0);
    relay.mend();
  }
  for (const bot of bots) {
    bot.jump(0);
    bot.mend();
  }
  for (const each of [...relays, ...bots]) {
    each.process?.resume();
    startAgain(each);
  }
}

function startAgain(whom: SimulatedBot | SimulatedRelay): void {
  if (!whom.process) whom.start();
}

function pause(whom: SimulatedBot | SimulatedRelay): () => void {
  const { process } = whom;
  process?.pause();
  return () => process?.resume();
}

function changeRelay(
  { db, bots, facts }: World,
  { id }: SimulatedRelay,
  state: EnrolledRelay["state"],
): void {
  const relay = db.relays.get(id);
  if (!relay || relay.state === "removed") return;
  db.relays.set(id, { ...relay, state });
  if (state === "removed") facts.removed.add(id);
  for (const bot of bots) bot.refresh();
}
