import { nearest } from "../../relay/process/nearest.ts";
import { IssuedJoinToken, RelayChanged, RelayList } from "../api/contracts/relays.ts";
import { tellChanged } from "./changed.ts";
import { type Client, pathOf } from "./client.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine, printListing, printNote } from "./terminal.ts";

export async function listRelays(client: Client, options: { json?: boolean }): Promise<number> {
  const { relays } = await client.get("relays", RelayList);
  const rows = relays.map((relay) => [
    relay.name,
    relay.state,
    `${relay.running} of ${relay.capacity}`,
    printTags(relay.tags),
    relay.runtimes.join(","),
    relay.hostname,
  ]);
  const columns = ["relay", "state", "running", "tags", "runs", "host"];
  const none = "no relay has joined; aldis relay enrol --name NAME invites one";
  printListing({ json: relays, columns, rows, none }, options.json ?? false);
  return 0;
}

/** A person sees the whole command, a script takes the token alone. */
export async function enrolRelay(
  client: Client,
  options: { name: string; tags?: string },
): Promise<number> {
  const wish = { name: options.name, tags: parseTags(options.tags ?? "") };
  const { joinToken } = await client.post("relays/join-tokens", wish, IssuedJoinToken);
  if (!process.stdout.isTTY) {
    printLine(joinToken);
    return 0;
  }
  printNote("on the relay's host, once and within a day:");
  printLine(`aldis relay join ${joinToken}`);
  return 0;
}

const NOW = {
  drain: "draining",
  suspend: "suspended",
  resume: "active",
  remove: "removed",
} as const;

export async function changeRelay(
  client: Client,
  name: string,
  action: keyof typeof NOW,
): Promise<number> {
  const { relays } = await client.get("relays", RelayList);
  const relay = relays.find((candidate) => candidate.name === name);
  if (!relay) throw new CliFailure(notThere(name, relays), EXIT.refused);
  const { changed, note } = await client.post(pathOf("relays", relay.id, action), {}, RelayChanged);
  tellChanged(changed, `${name} is ${NOW[action]}`);
  if (note !== undefined) printNote(note);
  return 0;
}

function notThere(name: string, relays: readonly { name: string }[]): string {
  const close = nearest(
    name,
    relays.map((relay) => relay.name),
  );
  return `there is no relay ${name}${close === undefined ? "" : `; did you mean ${close}?`}`;
}

function parseTags(text: string): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const part of text.split(",").filter((piece) => piece.trim() !== "")) {
    const [, name, value] = /^\s*([^=\s]+)=(.+?)\s*$/.exec(part) ?? [];
    if (name === undefined || value === undefined) {
      throw new CliFailure(`--tags: "${part}" is not a tag; write region=eu,role=web`, EXIT.usage);
    }
    tags[name] = value;
  }
  return tags;
}

function printTags(tags: Readonly<Record<string, string>>): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}
