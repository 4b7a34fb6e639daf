import type { Facts } from "../../../../bot/rules/facts.ts";
import type { Term } from "../../../../bot/rules/syntax.ts";
import type { Item } from "./naive-compare.ts";

/** Facts of which nothing is unknown: one way in which the unknown may turn out. */
export interface Reading extends Facts {
  options: Readonly<Record<string, readonly string[]>>;
  arguments: readonly string[];
  relayTags: Readonly<Record<string, string>>;
}

/** Facts as a reading, if nothing of them is unknown. */
export function asReading(facts: Facts): Reading | undefined {
  const { options, arguments: words, relayTags } = facts;
  if (!options || !words || !relayTags) return undefined;
  const known = Object.entries(options).flatMap(([name, values]) =>
    values ? [[name, values] as const] : [],
  );
  const texts = words.filter((word) => word !== null);
  const isWhole = known.length === Object.keys(options).length && texts.length === words.length;
  if (!isWhole) return undefined;
  return { ...facts, options: Object.fromEntries(known), arguments: texts, relayTags };
}

/** Zones without summer time, so that their clocks are an addition. */
export const MINUTES_EAST: Readonly<Record<string, number>> = {
  UTC: 0,
  "Asia/Kolkata": 330,
  "America/Phoenix": -420,
  "Pacific/Kiritimati": 840,
};
const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Everything a term stands for; none where it is absent. */
export function itemsOf(term: Term, reading: Reading): readonly Item[] {
  switch (term.kind) {
    case "option":
      return texts(Object.entries(reading.options).find(([name]) => name === term.name)?.[1] ?? []);
    case "options":
      return texts(Object.values(reading.options).flat());
    case "argument":
      return texts(reading.arguments.filter((_, index) => index === term.index));
    case "arguments":
      return texts(reading.arguments);
    case "relay-tag":
      return strings(
        Object.entries(reading.relayTags).flatMap(([name, value]) =>
          name === term.name ? [value] : [],
        ),
      );
    case "group":
      return strings(reading.groups);
    case "role":
      return strings(reading.roles);
    case "channel":
      return strings([reading.channel?.id, reading.channel?.name]);
    case "user":
      return strings([reading.user]);
    case "adapter":
      return strings([reading.adapter]);
    case "hour":
      return [{ kind: "number", text: String(localTime(reading).getUTCHours()), at: 0 }];
    case "weekday":
      return strings([DAYS[localTime(reading).getUTCDay()]]);
    case "list":
      return term.items;
    default:
      return [term];
  }
}

function localTime({ now, timeZone }: Reading): Date {
  const minutes = MINUTES_EAST[timeZone];
  if (minutes === undefined)
    throw new Error(`${timeZone}: add its distance to UTC to MINUTES_EAST`);
  return new Date(now.getTime() + minutes * 60_000);
}

function texts(values: readonly string[]): Item[] {
  return values.map((text) => ({ kind: "text", text }));
}

function strings(values: readonly (string | undefined)[]): Item[] {
  return values.flatMap((text) => (text === undefined ? [] : [{ kind: "string", text, at: 0 }]));
}
