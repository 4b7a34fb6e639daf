import { ExecutionDetail, ExecutionList, RepeatedText } from "../api/contracts/executions.ts";
import { Changed } from "../api/contracts/people.ts";
import { printTable } from "../replies/plain-text.ts";
import { wordsForAge } from "../replies/words.ts";
import { type Client, pathOf } from "./client.ts";
import { exec } from "./exec.ts";
import { printLine, printListing } from "./terminal.ts";

export interface ListExecutions {
  all?: boolean;
  limit?: number;
  json?: boolean;
}

export async function listExecutions(client: Client, options: ListExecutions): Promise<number> {
  const query = new URLSearchParams({ state: options.all ? "all" : "open" });
  if (options.limit !== undefined) query.set("limit", String(options.limit));
  const { executions } = await client.get(`executions?${query}`, ExecutionList);
  const rows = executions.map((execution) => [
    execution.id,
    execution.command,
    execution.state === "started" && execution.relayReachable === false
      ? "started (relay unreachable)"
      : execution.state,
    execution.user ?? "",
    execution.relay ?? "",
    execution.exitCode === null ? "" : String(execution.exitCode),
    wordsForAge(Date.now() - Date.parse(execution.queuedAt)),
  ]);
  const columns = ["execution", "command", "state", "user", "relay", "exit", "asked"];
  const none = options.all ? "nothing has run yet" : "nothing runs; --all lists what has ended";
  printListing({ json: executions, columns, rows, none }, options.json ?? false);
  return 0;
}

/** All that is known of one: how it stands, and every start of it. */
export async function showExecution(
  client: Client,
  id: string,
  options: { json?: boolean },
): Promise<number> {
  const found = await client.get(pathOf("executions", id), ExecutionDetail);
  if (options.json) {
    printLine(JSON.stringify(found, null, 2));
    return 0;
  }
  const fields: [string, string | null][] = [
    ["execution", found.id],
    ["command", found.command],
    ["state", found.reason === null ? found.state : `${found.state}: ${found.reason}`],
    ["user", found.user],
    ["relay", found.relayReachable === false ? `${found.relay}, unreachable` : found.relay],
    ["exit", found.exitCode === null ? null : String(found.exitCode)],
    ["asked", found.queuedAt],
    ["ended", found.endedAt],
  ];
  const known = fields.flatMap(([name, value]) => (value === null ? [] : [[`${name}:`, value]]));
  printLine(printTable(known));
  for (const { attempt, relay, startedAt, outcome } of found.starts) {
    printLine(
      `start ${attempt} on ${relay ?? "a relay that is gone"}, ${startedAt}: ${outcome ?? "it has not said how it went"}`,
    );
  }
  return 0;
}

/** Says again what it came from, as oneself, and follows that to its end. */
export async function rerunExecution(client: Client, id: string): Promise<number> {
  const { text } = await client.get(pathOf("executions", id, "text"), RepeatedText);
  return exec(client, text);
}

export async function markExecution(
  client: Client,
  id: string,
  outcome: string,
  options: { reason?: string },
): Promise<number> {
  await client.post(pathOf("executions", id, "mark"), { outcome, ...options }, Changed);
  printLine(`marked as ${outcome}; what its relay says later is kept beside it`);
  return 0;
}
