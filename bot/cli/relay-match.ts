import { Matched, type MatchedRelay } from "../api/contracts/relay-match.ts";
import type { Client } from "./client.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printListing, printNote } from "./terminal.ts";

export interface MatchOptions {
  command?: string;
  json?: boolean;
}

/** Ends well only where some relay could take it now. */
export async function matchRelays(
  client: Client,
  selector: string | undefined,
  { command, json = false }: MatchOptions,
): Promise<number> {
  if (selector === undefined && command === undefined) {
    throw new CliFailure(
      "write a selector, as 'region=eu', or --command bundle:command",
      EXIT.usage,
    );
  }
  const query = new URLSearchParams({
    ...(selector !== undefined && { selector }),
    ...(command !== undefined && { command }),
  });
  const matched = await client.get(`relays/match?${query}`, Matched);
  const rows = matched.relays.map((relay) => [
    relay.name,
    relay.takes ? "yes" : "no",
    relay.takes ? whyThere(relay, matched) : relay.reasons.map(({ text }) => text).join("; "),
  ]);
  const columns = ["relay", "takes it", "why"];
  const none = "no relay has joined; aldis relay enrol --name NAME invites one";
  printListing({ json: matched, columns, rows, none }, json);
  if (!json) noteBesides(matched);
  return matched.relays.some(({ takes }) => takes) ? 0 : EXIT.unavailable;
}

/** What puts it before others, or behind them. */
function whyThere(
  { preferred, running, capacity }: MatchedRelay,
  { preferredOf }: Matched,
): string {
  const load = `${running} of ${capacity} running`;
  return preferredOf === 0 ? load : `${preferred} of ${preferredOf} preferred, ${load}`;
}

function noteBesides({ policy, ruleTags }: Matched): void {
  if (policy !== "") printNote(`the workspace's policy asks for ${policy} as well`);
  if (ruleTags.length === 0) return;
  const tags = ruleTags.join(", ");
  printNote(
    `its rules ask for ${tags} of the relay: aldis rules explain --relay says who may there`,
  );
}
