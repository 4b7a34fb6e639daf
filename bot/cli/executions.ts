import { ExecutionList } from "../api/contracts/executions.ts";
import { wordsForAge } from "../replies/words.ts";
import type { Client } from "./client.ts";
import { printListing } from "./terminal.ts";

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
