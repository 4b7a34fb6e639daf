import pg from "pg";
import { onTestFinished } from "vitest";
import { type AuditEvent, recordEvent } from "../../../bot/audit/event.ts";
import { exportAudit } from "../../../bot/audit/export.ts";
import type { GivenHead } from "../../../bot/audit/known-heads.ts";
import { eachLine } from "../../../bot/audit/lines-of.ts";
import { startSequencer } from "../../../bot/audit/sequencer.ts";
import { type AuditReport, verifyAudit } from "../../../bot/audit/verify.ts";
import { verifyDatabase } from "../../../bot/audit/verify-database.ts";
import { ensureKeyList } from "../../../bot/relays/key-lists.ts";
import { openStore, type Store } from "../../../bot/store/pool.ts";
import { defaultWorkspace } from "../../../bot/store/workspaces.ts";
import { createLogger } from "../../../relay/process/logger.ts";
import { generateKeyPem, readSigningKey, type SigningKey } from "../../../relay/wire/keys.ts";
import { createTestDatabase } from "../../support/postgres.ts";
import { waitFor } from "../../support/wait.ts";

/** A database with an audit, its bots' key, and somebody who rules the database. */
export interface TestAudit {
  store: Store;
  url: string;
  ownerUrl: string;
  workspaceId: string;
  key: SigningKey;
  authority: string;
  /** Lists another bot's key. */
  listKey(signing: SigningKey): Promise<void>;
  /** Appends events named `test.1`, `test.2` and so on. */
  append(count: number): Promise<void>;
  record(event: Partial<AuditEvent>): Promise<void>;
  /** Links and signs what is there. */
  link(): Promise<void>;
  /** As superuser with every trigger off: nothing stops it. */
  tamper(text: string, values?: unknown[]): Promise<void>;
  /** The signed head as it is now, as a relay would keep it. */
  keptHead(): Promise<GivenHead>;
  /** What an export says; `change` is done to its lines first. */
  verify(
    heads?: readonly GivenHead[],
    change?: (lines: string[]) => string[],
  ): Promise<AuditReport>;
  verifyDatabase(heads?: readonly GivenHead[]): Promise<AuditReport>;
}

export async function startTestAudit(): Promise<TestAudit> {
  const database = await createTestDatabase();
  const { url, ownerUrl } = database;
  const store = openStore({ url, onError: () => {} });
  const owner = new pg.Client(ownerUrl);
  await owner.connect();
  onTestFinished(async () => {
    await owner.end();
    await store.stop();
    await database.drop();
  });
  const workspaceId = await defaultWorkspace(store);
  const key = readSigningKey(generateKeyPem("ed25519"));
  const authority = readSigningKey(generateKeyPem("ed25519"));
  const listKey = async (signing: SigningKey) => {
    await ensureKeyList(store, { signing, authority, mac: Buffer.alloc(32), made: [] });
  };
  await listKey(key);
  let appended = 0;

  async function one<T>(text: string): Promise<T | undefined> {
    const { rows } = await owner.query<{ value: T }>(text);
    return rows[0]?.value;
  }

  function record(event: Partial<AuditEvent>): Promise<void> {
    const whole = { kind: "test.event", method: "system", detail: { text: "secret" }, ...event };
    return recordEvent(store, workspaceId, whole);
  }

  async function linesOf(): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of eachLine(exportAudit(store, workspaceId, undefined))) lines.push(line);
    return lines;
  }

  return {
    store,
    url,
    ownerUrl,
    workspaceId,
    key,
    authority: authority.kid,
    listKey,
    record,
    async append(count) {
      for (let index = 0; index < count; index++) {
        appended++;
        await record({ kind: `test.${appended}`, detail: { number: appended } });
      }
    },
    async link() {
      const log = createLogger({ level: "silent" });
      const deps = { store, key, authority: authority.kid, botId: "test", intervalMs: 5, log };
      const sequencer = startSequencer(deps);
      await waitFor(() =>
        one(`select true as value where not exists (select from audit_unlinked)
          and (select max(number) from audit_chain) is not distinct from
            (select max(number) from audit_heads)`),
      );
      await sequencer.stop();
    },
    async tamper(text, values = []) {
      await owner.query("set session_replication_role = replica");
      await owner.query(text, values);
      await owner.query("set session_replication_role = origin");
    },
    async keptHead() {
      const jws = await one<string>("select jws as value from audit_heads");
      if (jws === undefined) throw new Error("there is no head yet");
      return { from: "relay edge-1 has kept", jws };
    },
    async verify(heads = [], change = (lines) => lines) {
      const lines = change(await linesOf()).map((line) => `${line}\n`);
      return verifyAudit(eachLine(inPieces(lines)), { heads });
    },
    verifyDatabase: (heads = []) => verifyDatabase(store, workspaceId, { heads }),
  };
}

async function* inPieces(lines: readonly string[]): AsyncGenerator<string> {
  yield lines.join("");
}

/** Makes every hash from this number on anew, as somebody would who knows the formula. */
export const REHASH = (from: number) => `do $$
declare h bytea; e record;
begin
  select hash into h from audit_chain where number = ${from} - 1;
  h := coalesce(h, (select sha256(convert_to('aldis audit chain 1 ' || id, 'UTF8'))
    from workspaces where name = 'default'));
  for e in select c.number, a.body::text as body from audit_chain c
    join audit_events a on a.id = c.event_id where c.number >= ${from} order by c.number
  loop
    h := sha256(h || int8send(e.number) || sha256(convert_to(e.body, 'UTF8')));
    update audit_chain set hash = h where number = e.number;
  end loop;
end $$`;
