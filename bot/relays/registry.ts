import type { Logger } from "pino";
import type { BusMessage, MessageBus } from "../../relay/process/bus.ts";
import type { Clock } from "../../relay/process/clock.ts";
import { fromRelay, openFromRelay } from "../../relay/wire/envelope.ts";
import { randomName } from "../../relay/wire/ids.ts";
import {
  type PublicJwk,
  readVerifyingKey,
  type SigningKey,
  type VerifyingKey,
} from "../../relay/wire/keys.ts";
import type { Presence } from "../../relay/wire/messages.ts";
import { downTo, relayOf, upFromAnyRelay } from "../../relay/wire/subjects.ts";
import { challengeRelay } from "./challenge.ts";
import { tellDraining } from "./drain.ts";
import type { EnrolledRelay, RelayStore } from "./enrolled.ts";
import type { CurrentKeyList } from "./key-lists.ts";

/** A relay as this bot knows it: what was enrolled, and what it last said of itself. */
export interface KnownRelay extends EnrolledRelay {
  key: VerifyingKey;
  /** The key before, for what was signed before the change; see EnrolledRelay. */
  previousKey: VerifyingKey | undefined;
  presence: Presence | undefined;
  /** When it was last heard, by this process's monotonic clock. */
  heardAtMs: number;
  /** The newest life that has proved itself to this bot; what the database says is no proof. */
  provedEpoch: string | undefined;
  /** The database names another life: this one has to prove itself again, and is written anew. */
  isDisputed: boolean;
  /** When its present epoch was proved to this bot. */
  epochSinceMs: number;
  /** What it runs by its last word, and what this bot has offered to it since. */
  load: number;
}

export interface RegistryDeps {
  relays: RelayStore;
  clock: Clock;
  bus: MessageBus;
  key: SigningKey;
  botId: string;
  log: Logger;
  /** The newest key list: a relay that announces an older one is sent it first. */
  keyList(): CurrentKeyList;
  /** Silence after which a relay counts as unreachable. */
  silenceMs: number;
  /** How the keys of relays are read; default: Ed25519. */
  readKey?: (jwk: PublicJwk) => VerifyingKey;
  /** Makes known that a message was not what it claimed to be. */
  refused(kind: string, relayId: string, reason: string): void;
}

export interface RelayRegistry {
  find(relayId: string): KnownRelay | undefined;
  list(workspaceId: string): KnownRelay[];
  isReachable(relay: KnownRelay): boolean;
  /** Calls back when a relay may have become able to take work. */
  onAvailable(listener: () => void): void;
  /** Reads the enrolled relays again, as after one was added. */
  refresh(): Promise<void>;
  stop(): void;
}

/** Forgets an unknown relay id for this long, so that a stray sender costs no query per message. */
const REFRESH_EVERY_MS = 2_000;
/** A relay lives one life at a time; whoever claims many must not keep the bot busy asking. */
const MOST_PROOFS = 4;

export async function startRegistry(deps: RegistryDeps): Promise<RelayRegistry> {
  const relays = new Map<string, KnownRelay>();
  const listeners: (() => void)[] = [];
  const proving = new Set<string>();
  let refreshedAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> = Promise.resolve();

  /** One after the other: an older reading must not undo what a newer one has brought. */
  function refresh(): Promise<void> {
    refreshedAtMs = deps.clock.monotonicMs();
    const read = reading.then(readAgain);
    reading = read.catch(() => {});
    return read;
  }

  async function readAgain(): Promise<void> {
    const enrolled = await deps.relays.list();
    await reportForged(enrolled);
    const ids = new Set(enrolled.map(({ id }) => id));
    for (const id of relays.keys()) if (!ids.has(id)) relays.delete(id);
    for (const relay of enrolled) {
      const known = relays.get(relay.id);
      // Others hold the object: it is changed in place.
      if (known) {
        // What has proved itself here may be newer than what was read.
        const epoch = known.provedEpoch ?? relay.epoch;
        // Or older: whichever of two bots wrote last may have been the slower one.
        if (epoch !== relay.epoch) known.isDisputed = true;
        Object.assign(known, relay, { epoch }, keysOfRelay(relay, deps.readKey));
        if (mayBeAsked(known)) await tellDraining(deps, known);
      } else relays.set(relay.id, newlyKnown(deps, relay));
    }
  }

  /** Once for each change: whoever is known as forged already has been reported. */
  async function reportForged(enrolled: readonly EnrolledRelay[]): Promise<void> {
    for (const relay of enrolled) {
      const wasGenuine = relays.get(relay.id)?.isGenuine ?? true;
      if (relay.isGenuine || !wasGenuine) continue;
      deps.log.error(
        { relayId: relay.id, relay: relay.name },
        "the database has other keys or tags for a relay than a bot has written: it is not used",
      );
      await deps.relays.reportForged(relay);
    }
  }

  async function onPresence(message: BusMessage): Promise<void> {
    const relayId = relayOf(message.subject) ?? "";
    if (!relays.has(relayId) && deps.clock.monotonicMs() - refreshedAtMs > REFRESH_EVERY_MS) {
      await refresh();
    }
    const relay = relays.get(relayId);
    // A suspended one is asked nothing, and still speaks for what it runs.
    if (!relay || !isHeard(relay)) return;
    const opened = await openFromRelay(fromRelay.presence, message.payload, relay.key);
    if (!opened.ok) return deps.refused("presence", relayId, opened.failure);
    const { list, jws } = deps.keyList();
    if (opened.message.keyListNumber < list.number) {
      deps.bus.publish(downTo(relay.id), Buffer.from(jws));
    }
    const isProved = opened.message.epoch === relay.provedEpoch && !relay.isDisputed;
    if (!isProved) await prove(relay, opened.message.epoch);
    if (opened.message.epoch !== relay.provedEpoch) return;
    heard(relay, opened.message);
    if (mayBeAsked(relay)) await tellDraining(deps, relay);
  }

  async function prove(relay: KnownRelay, epoch: string): Promise<void> {
    const name = `${relay.id}/${epoch}`;
    if (proving.has(name)) return;
    const underWay = [...proving].filter((each) => each.startsWith(`${relay.id}/`));
    if (underWay.length >= MOST_PROOFS) return deps.refused("presence", relay.id, "too-many");
    proving.add(name);
    try {
      const nonce = randomName();
      const isProved = await challengeRelay(deps, relay, epoch, nonce);
      if (!isProved) return deps.refused("presence", relay.id, "no-answer");
      if (relay.epoch !== epoch || relay.isDisputed) await deps.relays.saveEpoch(relay, epoch);
      relay.isDisputed = false;
      relay.epoch = epoch;
      relay.provedEpoch = epoch;
      relay.presence = undefined;
      relay.epochSinceMs = deps.clock.monotonicMs();
      deps.log.info({ relayId: relay.id, relay: relay.name }, "relay announced");
    } finally {
      proving.delete(name);
    }
  }

  function heard(relay: KnownRelay, presence: Presence): void {
    const isOld = relay.presence !== undefined && presence.number <= relay.presence.number;
    if (isOld) return;
    const wasFree = isReachable(relay) && hasRoom(relay.presence);
    relay.presence = presence;
    relay.load = presence.running;
    relay.heardAtMs = deps.clock.monotonicMs();
    if (wasFree || !hasRoom(presence)) return;
    for (const listener of listeners) listener();
  }

  function isReachable(relay: KnownRelay): boolean {
    return deps.clock.monotonicMs() - relay.heardAtMs <= deps.silenceMs;
  }

  await refresh();
  const subscription = deps.bus.subscribe(upFromAnyRelay("presence"), {}, onPresence);
  return {
    find: (relayId) => relays.get(relayId),
    list: (workspaceId) => [...relays.values()].filter((r) => r.workspaceId === workspaceId),
    isReachable,
    onAvailable: (listener) => listeners.push(listener),
    refresh,
    stop: () => subscription.unsubscribe(),
  };
}

/** Whether what it says of its work counts: that of a suspended relay does. */
export function isHeard({ isGenuine, state }: Standing): boolean {
  return isGenuine && state !== "removed";
}

/** Whether it may be given work, and may change its keys. */
export function mayBeAsked({ isGenuine, state }: Standing): boolean {
  return isGenuine && state === "active";
}

type Standing = Pick<EnrolledRelay, "isGenuine" | "state">;

function hasRoom(presence: Presence | undefined): boolean {
  return presence !== undefined && !presence.draining && presence.running < presence.capacity;
}

function newlyKnown({ clock, readKey }: RegistryDeps, relay: EnrolledRelay): KnownRelay {
  return {
    ...relay,
    ...keysOfRelay(relay, readKey),
    presence: undefined,
    provedEpoch: undefined,
    isDisputed: false,
    heardAtMs: Number.NEGATIVE_INFINITY,
    epochSinceMs: clock.monotonicMs(),
    load: 0,
  };
}

const NO_KEY: VerifyingKey = { kid: "", isSignatureOf: async () => false };

function keysOfRelay(
  relay: EnrolledRelay,
  readKey = readVerifyingKey,
): Pick<KnownRelay, "key" | "previousKey"> {
  // What somebody else has written may not even be a key.
  if (!relay.isGenuine) return { key: NO_KEY, previousKey: undefined };
  const { signingKey, previousSigningKey: previous } = relay;
  return {
    key: readKey(signingKey),
    previousKey: previous ? readKey(previous) : undefined,
  };
}
