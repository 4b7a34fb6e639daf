import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";

/** A value that nobody may find, and what it is. */
export interface Secret {
  what: string;
  value: string;
}

/** Shorter ones are found in what has nothing to do with them. */
const SHORTEST = 12;

/** The ways in which a value may stand somewhere, its middle alone among them. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const forms = [
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    bytes.toString("hex"),
    ...[0, 1, 2].flatMap((shift) => inBase64(bytes, shift)),
    ...rawForms(value),
  ];
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST);
}

/** Base64 of it wherever it stands within a longer text: without the letters that its neighbours share. */
function inBase64(bytes: Buffer, shift: number): string[] {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const own = text.slice(shift === 0 ? 0 : 4, text.length - 3);
  return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
}

/** A value that is base64 itself may also be kept as the bytes that it stands for. */
function rawForms(value: string): string[] {
  if (!/^[\w+/-]{40,}=*$/.test(value)) return [];
  const bytes = Buffer.from(value, "base64");
  return [bytes.toString("hex"), ...[0, 1, 2].flatMap((shift) => inBase64(bytes, shift))];
}

/** Which of the secrets stand in this text. */
export function findIn(text: string, secrets: readonly Secret[]): string[] {
  const lower = text.toLowerCase();
  const isIn = (form: string) => lower.includes(form.toLowerCase());
  return secrets.filter(({ value }) => formsOf(value).some(isIn)).map(({ what }) => what);
}

/** Which stand in any column of any table, by `table: secret`. */
export async function findInDatabase(
  owner: pg.Client,
  secrets: readonly Secret[],
): Promise<string[]> {
  const { rows: tables } = await owner.query<{ name: string }>(`
    select format('%I.%I', nspname, relname) as name from pg_class c
      join pg_namespace n on n.oid = relnamespace
    where relkind in ('r', 'm') and nspname !~ '^(pg_|information_schema)' order by 1`);
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await owner.query<{ row: string }>(`
      select t::text || ' ' || coalesce((select string_agg(encode(decode(m[1], 'hex'), 'escape'), ' ')
        from regexp_matches(t::text, '\\\\\\\\x((?:[0-9a-f]{2})+)', 'g') m), '') as row from ${name} t`);
    const here = new Set(rows.flatMap(({ row }) => findIn(row, secrets)));
    found.push(...[...here].map((what) => `${name}: ${what}`));
  }
  return found;
}

/** Which stand in a file below this folder that is not among those that hold them by right. */
export async function findInFiles(
  folder: string,
  secrets: readonly Secret[],
  holders: RegExp,
): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || holders.test(path)) continue;
    const here = findIn(await readFile(path, "latin1"), secrets);
    found.push(...here.map((what) => `${path.slice(folder.length)}: ${what}`));
  }
  return found;
}
