import assert from "node:assert/strict";
import type { Judged, Wish } from "../../../bot/relays/judge.ts";
import { parseSelector, type Selector } from "../../../relay/wire/selector.ts";

/** A relay that could take anything native, but for what is changed. */
export function relayWith(change: Partial<Judged> = {}): Judged {
  return {
    id: change.name ?? "web-1",
    name: "web-1",
    isGenuine: true,
    state: "active",
    draining: false,
    tags: { env: "prod", role: "web" },
    epoch: "e",
    load: 1,
    isReachable: true,
    presence: { draining: false, capacity: 4, runtimes: ["native"] },
    ...change,
  };
}

export function wishFor(text: string, change: Partial<Wish> = {}): Wish {
  return { selector: selectorFrom(text), native: true, ...change };
}

export function selectorFrom(text: string): Selector {
  const parsed = parseSelector(text);
  assert.ok(parsed.ok, text);
  return parsed.selector;
}

export const DRAINING = { draining: true, capacity: 4, runtimes: ["native"] };
export const CONTAINERS = { draining: false, capacity: 4, runtimes: ["docker"] };
