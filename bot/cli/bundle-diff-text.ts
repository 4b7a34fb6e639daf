import type { Change } from "../bundles/diff.ts";

const LONG = 120;
const DURATIONS: readonly (readonly [string, number])[] = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];
const SIZES: readonly (readonly [string, number])[] = [
  ["Gi", 2 ** 30],
  ["Mi", 2 ** 20],
  ["Ki", 2 ** 10],
  ["", 1],
];

/** One change below the title of its section, without its mark and its command. */
export function printChange(change: Change): string {
  const { section, key, effect } = change;
  const name = key.replace(/(Ms|Bytes)$/, "").replace(new RegExp(`^${section}(\\.|$)`), "");
  const values = section === "rules" ? valuesOf(change) : short(valuesOf(change));
  const words = [name, values, effect ? `(${effect})` : ""];
  return words.filter((word) => word !== "").join(" ");
}

function valuesOf({ key, kind, before, after }: Change): string {
  if (kind !== "changed") return printValue(key, after ?? before);
  return `${printValue(key, before)} → ${printValue(key, after)}`;
}

/** Prose is not shown, only that it differs. */
function short(text: string): string {
  return text.length > LONG || text.includes("\n") ? "" : text;
}

function printValue(key: string, value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value === "" ? '""' : value;
  if (typeof value !== "number") return JSON.stringify(value);
  if (key.endsWith("Ms")) return inUnits(value, DURATIONS);
  return key.endsWith("Bytes") ? inUnits(value, SIZES) : String(value);
}

/** In the largest unit that leaves nothing over. */
function inUnits(value: number, units: readonly (readonly [string, number])[]): string {
  const fitting = units.find(([, size]) => value % size === 0);
  return fitting ? `${value / fitting[1]}${fitting[0]}` : String(value);
}
