import { clockIn } from "../rules/clock.ts";
import type { Facts } from "../rules/facts.ts";
import { NAME } from "../rules/syntax.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { readTime } from "./point-in-time.ts";

/** What is given to `rules test` beside the rules. */
export interface RulesTestOptions {
  command: string;
  bundle: readonly string[];
  grant: readonly string[];
  user?: string;
  group: readonly string[];
  role: readonly string[];
  channel?: string;
  adapter?: string;
  at?: string;
  timeZone?: string;
  relayTag: readonly string[];
  json?: boolean;
}

/** All that a decision rests on but what was typed. */
export type Circumstances = Omit<Facts, "command" | "options" | "arguments">;

/** Ends the program with a line about the first flag that makes no sense. */
export function circumstancesOf(options: RulesTestOptions, now: Date): Circumstances {
  const { user = "nobody", adapter = "console", timeZone = "UTC", channel } = options;
  // Only a zone that was given is looked up: that loads the calendar data, 30 ms of the start.
  if (options.timeZone !== undefined && !clockIn(timeZone, now)) {
    throw misused(`--time-zone: there is no time zone ${timeZone}; write one like Europe/Zurich`);
  }
  return {
    user,
    groups: options.group,
    roles: options.role,
    permissions: new Set(options.grant.map(permissionFrom)),
    ...(channel !== undefined && { channel: { id: channel } }),
    adapter,
    now: options.at === undefined ? now : timeFrom(options.at, timeZone),
    timeZone,
    relayTags: options.relayTag.length > 0 ? tagsFrom(options.relayTag) : null,
  };
}

function permissionFrom(text: string): string {
  const [bundle = "", name = "", ...rest] = text.split(":");
  if (NAME.test(bundle) && NAME.test(name) && rest.length === 0) return text;
  throw misused(`--grant: ${text} is not a permission; write one like web:deploy`);
}

function timeFrom(text: string, timeZone: string): Date {
  const time = readTime(text, timeZone);
  if (time) return time;
  throw misused(`--at: ${text} is no time in ${timeZone}; write one like 2026-05-06T14:30:00Z`);
}

function tagsFrom(texts: readonly string[]): Record<string, string> {
  const tags = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = text.slice(0, Math.max(at, 0));
    if (name === "") throw misused(`--relay-tag: ${text} is not a tag; write one like region=eu`);
    if (tags.has(name)) throw misused(`--relay-tag: ${name} is given twice; a relay has it once`);
    tags.set(name, text.slice(at + 1));
  }
  return Object.fromEntries(tags);
}

function misused(message: string): CliFailure {
  return new CliFailure(message, EXIT.usage);
}
