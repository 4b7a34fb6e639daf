import type { Store } from "./pool.ts";

export interface Workspace {
  id: string;
  name: string;
  prefix: string;
  timeZone: string;
  accessVersion: number;
}

interface Row {
  id: string;
  name: string;
  prefix: string;
  time_zone: string;
  access_version: string;
}

export async function listWorkspaces(store: Store): Promise<Workspace[]> {
  const { rows } = await store.pool.query<Row>(
    "select id, name, prefix, time_zone, access_version from workspaces order by name",
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    timeZone: row.time_zone,
    accessVersion: Number(row.access_version),
  }));
}

/** The one that serves whoever needs no more. */
export async function defaultWorkspace(store: Store): Promise<string> {
  const found = (await listWorkspaces(store)).find(({ name }) => name === "default");
  if (!found) throw new TypeError("the database has no workspace named default");
  return found.id;
}
