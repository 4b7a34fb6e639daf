import type { AuditReport, VerifyOptions } from "../audit/verify.ts";
import { verifyDatabase } from "../audit/verify-database.ts";
import { openStore } from "../store/pool.ts";
import { listWorkspaces } from "../store/workspaces.ts";
import { CliFailure, EXIT } from "./failure.ts";

/** For whoever has the database: no bot is asked, and nothing is written. */
export async function verifyDatabaseAt(
  url: string,
  workspace: string,
  options: VerifyOptions,
): Promise<AuditReport> {
  const store = openStore({ url, maxConnections: 2, onError: () => {} });
  try {
    const workspaces = await listWorkspaces(store).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CliFailure(`the database cannot be read: ${reason}`, EXIT.unavailable, { cause });
    });
    const found = workspaces.find(({ name, id }) => name === workspace || id === workspace);
    if (found) return await verifyDatabase(store, found.id, options);
    const names = workspaces.map(({ name }) => name).join(", ");
    throw new CliFailure(`no workspace ${workspace}; there are ${names}`, EXIT.usage);
  } finally {
    await store.stop();
  }
}
