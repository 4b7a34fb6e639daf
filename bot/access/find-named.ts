import { sql } from "drizzle-orm";
import { nearest } from "../../relay/process/nearest.ts";
import type { Database } from "../store/pool.ts";
import { groups, roles, users } from "../store/schema.ts";
import { type Done, done, type Refusal, refused } from "./outcome.ts";

const TABLES = { user: users, group: groups, role: roles } as const;
export type Kind = keyof typeof TABLES;

export interface Named {
  id: string;
  name: string;
}

/** A user, group or role by its name; or a line with the name that was probably meant. */
export async function findNamed(
  db: Database,
  kind: Kind,
  name: string,
): Promise<Done<Named> | Refusal> {
  const table = TABLES[kind];
  const found = await db.execute<{ id: string }>(sql`select id from ${table} where name = ${name}`);
  const id = found.rows[0]?.id;
  if (id !== undefined) return done({ id, name });
  const { rows } = await db.execute<{ name: string }>(sql`select name from ${table} order by name`);
  const close = nearest(
    name,
    rows.map((row) => row.name),
  );
  return notThere(`there is no ${kind} ${name}`, close);
}

export function notThere(line: string, close: string | undefined): Refusal {
  return refused("not-found", close === undefined ? line : `${line}; did you mean ${close}?`);
}
