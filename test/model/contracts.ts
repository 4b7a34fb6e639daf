import type { ExecutionRow } from "../../bot/dispatch/executions.ts";
import { attemptKey } from "../../relay/journal/entry.ts";
import type { AttemptName } from "../../relay/wire/messages.ts";
import type { Begun, Facts, Happening } from "./facts.ts";
import type { Change } from "./memory-database.ts";
import { storedOutput } from "./memory-outputs.ts";

/** What is broken, in words; undefined while it holds. */
type Broken = string | undefined;

type OnChange = (facts: Facts, change: Change) => Broken;
type OnBegin = (facts: Facts, begun: Begun, row: ExecutionRow | undefined) => Broken;
type AtEnd = (facts: Facts) => Broken;

/** Names and numbers are those of the contracts of the protocol. */
const ON_CHANGE: Readonly<Record<string, OnChange>> = {
  "states of an execution: only along the arrows": alongTheArrows,
  "4: back to the queue under the next number": underTheNextNumber,
  "4: started only for the newest life of an active relay": onlyForTheNewestLife,
  "4: put back only what has not begun, or may run more than once": notBegunIsTrue,
  "5: a result after another end leaves it": anEndStays,
  "6: a result comes after all of its output": outputIsComplete,
  "7: unknown only after lost_after of silence": unknownIsJustified,
  "states of an execution: each change writes its event": eachEndHasOneEvent,
  "concurrency: never more than the limit": withinTheLimit,
};

const ON_BEGIN: Readonly<Record<string, OnBegin>> = {
  "1: nothing runs unrecorded": isRecorded,
  "4: permission to start is a row": hasPermission,
  "4: a permit is good for a while": permitIsFresh,
  "4: at most once": atMostOnce,
  "at least once: one begin for each attempt, and never more than allowed": asOftenAsAllowed,
};

const AT_END: Readonly<Record<string, AtEnd>> = {
  "liveness: everything comes to an end, or is unknown for a reason": everythingEnds,
  "5: no result is lost": noResultIsLost,
  "6: no output is lost": noOutputIsLost,
};

export function brokenBy(facts: Facts, happening: Happening): string[] {
  switch (happening.kind) {
    case "changed":
      return named(ON_CHANGE, (contract) => contract(facts, happening));
    case "begun": {
      const row = facts.db.rows.get(happening.executionId);
      return named(ON_BEGIN, (contract) => contract(facts, happening, row));
    }
    case "receipted":
      return named({ "5: a receipt follows the commit": wasCommitted }, (contract) =>
        contract(facts, happening, happening.relayId),
      );
    case "forgotten":
      return named(
        { "5: a journal forgets what a bot has committed": mayBeForgotten },
        (contract) => contract(facts, happening),
      );
  }
}

export function brokenAtEnd(facts: Facts): string[] {
  return named(AT_END, (contract) => contract(facts));
}

function named<T>(contracts: Readonly<Record<string, T>>, ask: (contract: T) => Broken): string[] {
  const broken: string[] = [];
  for (const name in contracts) {
    const contract = contracts[name];
    const what = contract && ask(contract);
    if (what !== undefined) broken.push(`${name}: ${what}`);
  }
  return broken;
}

const ARROWS: Readonly<Record<string, readonly string[]>> = {
  new: ["queued", "offered"],
  queued: ["offered", "cancelled", "expired"],
  offered: ["queued", "started", "cancelled", "expired"],
  started: ["succeeded", "failed", "timed-out", "cancelled", "interrupted", "unknown", "queued"],
  unknown: ["succeeded", "failed", "timed-out", "cancelled", "interrupted", "queued"],
};

function alongTheArrows(_: Facts, { before, after }: Change): Broken {
  const from = before?.state ?? "new";
  if (from === after.state || ARROWS[from]?.includes(after.state)) return undefined;
  return `${nameOf(after)} went from ${from} to ${after.state}`;
}

function underTheNextNumber(_: Facts, { before, after }: Change): Broken {
  if (!before) return undefined;
  const isBack = after.state === "queued" && before.state !== "queued";
  const expected = isBack ? before.attempt + 1 : before.attempt;
  return after.attempt === expected ? undefined : `${nameOf(after)} follows ${before.attempt}`;
}

function onlyForTheNewestLife({ db }: Facts, { before, after }: Change): Broken {
  if (after.state !== "started" || before?.state === "started") return undefined;
  const relay = db.relays.get(after.relayId ?? "");
  if (relay?.state === "active" && relay.epoch === after.epoch) return undefined;
  return `${nameOf(after)} on ${after.epoch}, while the relay is ${relay?.state} in ${relay?.epoch}`;
}

function notBegunIsTrue(facts: Facts, { before, after }: Change): Broken {
  const isBack = after.state === "queued" && before && before.state !== "queued";
  if (!isBack || after.spec.delivery === "at-least-once") return undefined;
  const times = facts.timesBegun(after.id);
  return times === 0 ? undefined : `${nameOf(after)} has begun ${times} times`;
}

function anEndStays(_: Facts, { before, after }: Change): Broken {
  if (!before?.endedAt || before.state === after.state) return undefined;
  return `${nameOf(after)} was ${before.state} and became ${after.state}`;
}

function outputIsComplete(facts: Facts, { after, event }: Change): Broken {
  return event === "execution.ended" ? lackOfOutput(facts, attemptOf(after)) : undefined;
}

function unknownIsJustified({ nowMs, heardAtMs }: Facts, { before, after }: Change): Broken {
  if (after.state !== "unknown" || before?.state === "unknown") return undefined;
  const heard = heardAtMs.get(`${after.relayId}/${after.epoch}`) ?? 0;
  const sinceMs = Math.max(heard, after.startedAt?.getTime() ?? 0);
  if (nowMs() - sinceMs >= after.lostAfterMs) return undefined;
  return `${nameOf(after)} after ${nowMs() - sinceMs} ms`;
}

function eachEndHasOneEvent({ db }: Facts, { after, event }: Change): Broken {
  if (event === undefined) return undefined;
  const count = (kind: string) => db.eventsOf(after.id).filter((each) => each.kind === kind).length;
  const expected = after.endedAt === null ? 0 : 1;
  const [ends, invocationEnds] = [count("execution.ended"), count("invocation.ended")];
  if (ends === expected && invocationEnds === expected) return undefined;
  return `${nameOf(after)} is ${after.state} with ${ends} ends and ${invocationEnds} of its invocation`;
}

function withinTheLimit({ db }: Facts, { after }: Change): Broken {
  const { concurrencyKey, concurrencyMax } = after;
  if (concurrencyKey === null) return undefined;
  const count = db.countOf(concurrencyKey);
  return count <= (concurrencyMax ?? 0) ? undefined : `${count} at once, of ${concurrencyMax}`;
}

function isRecorded({ db }: Facts, { executionId }: Begun, row: ExecutionRow | undefined): Broken {
  const isThere =
    row && db.eventsOf(executionId).some(({ kind }) => kind === "invocation.requested");
  return isThere ? undefined : `${executionId} is not on record`;
}

function hasPermission({ db }: Facts, begun: Begun, row: ExecutionRow | undefined): Broken {
  const started = db.attempt(begun);
  const isRow = started?.relayId === begun.relayId && started.epoch === begun.epoch;
  const isNow = row?.state === "started" && row.attempt === begun.attempt;
  if (isRow && isNow) return undefined;
  return `${nameOf(begun)} began in ${begun.epoch}, its row is ${row?.state} in attempt ${row?.attempt}`;
}

function permitIsFresh({ permitMs }: Facts, begun: Begun): Broken {
  if (begun.permitAgeMs <= permitMs) return undefined;
  return `${nameOf(begun)} began on a permit of ${begun.permitAgeMs} ms`;
}

function atMostOnce(facts: Facts, begun: Begun, row: ExecutionRow | undefined): Broken {
  const times = facts.timesBegun(begun.executionId);
  if (row?.spec.delivery === "at-least-once" || times <= 1) return undefined;
  return `${nameOf(begun)} began ${times} times`;
}

function asOftenAsAllowed(facts: Facts, begun: Begun, row: ExecutionRow | undefined): Broken {
  const ofAttempt = facts.timesBegun(begun.executionId, begun.attempt);
  const inAll = facts.timesBegun(begun.executionId);
  if (ofAttempt <= 1 && inAll <= (row?.mostStarts ?? 1)) return undefined;
  return `${nameOf(begun)} began ${ofAttempt} times, ${inAll} in all, of ${row?.mostStarts}`;
}

function wasCommitted({ db }: Facts, of: AttemptName, relayId: string): Broken {
  const isTheirs = db.attempt(of)?.relayId === relayId;
  return db.result(of) || !isTheirs ? undefined : `${nameOf(of)} is not committed`;
}

function mayBeForgotten(
  { db }: Facts,
  { relayId, record }: Extract<Happening, { kind: "forgotten" }>,
): Broken {
  const isTheirs = db.attempt(record)?.relayId === relayId;
  return db.result(record) || !isTheirs ? undefined : `${nameOf(record)} has no result`;
}

function everythingEnds(facts: Facts): Broken {
  const open = [...facts.db.rows.values()].filter((row) => isOpen(facts, row));
  const names = open.map((row) => `${nameOf(row)} is ${row.state}`);
  return names.length === 0 ? undefined : names.join(", ");
}

/** Whether something has still to become of it. */
export function isOpen(facts: Facts, row: ExecutionRow): boolean {
  if (row.endedAt !== null) return false;
  if (row.state !== "unknown") return true;
  return !facts.isLost(attemptOf(row)) && !facts.removed.has(row.relayId ?? "");
}

function noResultIsLost(facts: Facts): Broken {
  const missing = keptEnds(facts).filter((of) => !facts.db.result(of));
  return missing.length === 0 ? undefined : missing.map(nameOf).join(", ");
}

function noOutputIsLost(facts: Facts): Broken {
  const lacks = keptEnds(facts).map((of) => lackOfOutput(facts, of));
  return lacks.find((lack) => lack !== undefined);
}

function keptEnds({ finished, lost, removed, db }: Facts): AttemptName[] {
  const kept = [...finished].filter(
    ([key, { relayId }]) => !lost.has(key) && !removed.has(relayId),
  );
  // What was claimed and never granted has no place in the database.
  return kept.map(([, of]) => of).filter((of) => db.attempt(of));
}

function lackOfOutput({ db, torn }: Facts, of: AttemptName): Broken {
  const result = db.result(of);
  if (!result) return undefined;
  const { outputLength, outputDigest } = result;
  const stored = storedOutput(db, of, torn.has(attemptKey(of)) ? outputLength : undefined);
  if (stored.length === outputLength && stored.digest === outputDigest) return undefined;
  return `${nameOf(of)} has ${stored.length} bytes stored, of ${outputLength}`;
}

function attemptOf({ id, attempt }: ExecutionRow): AttemptName {
  return { executionId: id, attempt };
}

function nameOf(of: AttemptName | ExecutionRow): string {
  const id = "executionId" in of ? of.executionId : of.id;
  return `${id.slice(0, 8)}/${of.attempt}`;
}
