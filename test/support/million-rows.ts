import type pg from "pg";

/** How many rows a filled workspace gets. */
export interface Amounts {
  events: number;
  executions: number;
  people: number;
}

/** The id of the nth row of any kind; they sort as they count, and end in their number. */
export function nthId(n: number): string {
  const hex = n.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${hex}`;
}

const NTH = (n: string) =>
  `(lpad(to_hex(${n}), 12, '0') || '70008000' || lpad(to_hex(${n}), 12, '0'))::uuid`;

/** Long ago for the first, a second ago for the last. */
const TIME = (n: string, last: string) => `now() - (${last} - ${n} + 1) * interval '1 second'`;

/**
 * Fills a workspace by plain SQL, its triggers and references at rest: three events for each
 * invocation, an execution that has succeeded, a piece of output; and people with a role each. The
 * last hundred executions are still open, of each open state as many.
 */
export async function fillWorkspace(
  owner: pg.Client,
  workspace: string,
  amounts: Amounts,
): Promise<void> {
  await fillEvents(owner, workspace, amounts.events);
  await run(owner, workspace, [...fillExecutions(amounts), ...fillPeople(amounts)]);
  await owner.query("analyze");
}

/** The audit alone. */
export async function fillEvents(
  owner: pg.Client,
  workspace: string,
  events: number,
): Promise<void> {
  const indexes = await dropIndexes(owner);
  await run(owner, workspace, eventStatements(events));
  for (const definition of indexes) await owner.query(definition);
  await owner.query("analyze audit_events, audit_details, audit_chain, audit_unlinked");
}

/** Those that are no constraint's; returns how to make them again. */
async function dropIndexes(owner: pg.Client): Promise<string[]> {
  const { rows } = await owner.query<{ name: string; definition: string }>(`
    select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
    from pg_index where indrelid = 'audit_events'::regclass and not indisunique`);
  for (const { name } of rows) await owner.query(`drop index ${name}`);
  return rows.map(({ definition }) => definition);
}

async function run(owner: pg.Client, workspace: string, statements: string[]): Promise<void> {
  await owner.query("set session_replication_role = replica; set synchronous_commit = off");
  for (const statement of statements) {
    await owner.query(statement.replaceAll("$ws", `'${workspace}'::uuid`));
  }
  await owner.query("set session_replication_role = origin");
}

function eventStatements(events: number): string[] {
  const unlinked = events / 10;
  return [
    `insert into audit_events (workspace_id, id, body, at, kind, method, actor_id, channel,
       invocation_id, execution_id, bundle, bundle_version, command, detail_digest)
     select $ws, id, format('{"v":1,"workspace":"%s","id":"%s","kind":"%s","method":"console",'
         '"actor":"%s","channel":"console","invocation":"%s","bundle":"demo","version":"1.0.0",'
         '"command":"echo","detail":"00"}', $ws, id, kind, actor, invocation)::json,
       ${TIME("n", String(events))}, kind, 'console', actor, 'console', invocation, invocation,
       'demo', '1.0.0', 'echo', '\\x00'
     from (select n, ${NTH("n")} as id, ${NTH("n % 100")} as actor, ${NTH("n / 3")} as invocation,
         (array['invocation.requested', 'execution.started', 'execution.ended'])[n % 3 + 1] as kind
       from generate_series(1, ${events}) n) e`,
    `insert into audit_details (workspace_id, event_id, salt, detail)
     select $ws, ${NTH("n")}, '\\x00', '{"text":"!demo:echo ' || n || '"}'
     from generate_series(1, ${events}) n`,
    `insert into audit_chain (workspace_id, number, event_id, hash)
     select $ws, n, ${NTH("n")}, int8send(n) from generate_series(1, ${events - unlinked}) n`,
    `insert into audit_unlinked (workspace_id, event_id)
     select $ws, ${NTH("n")} from generate_series(${events - unlinked + 1}, ${events}) n`,
  ];
}

function fillExecutions({ executions }: Amounts): string[] {
  const series = `from generate_series(1, ${executions}) n`;
  const isOpen = `n > ${executions - 100}`;
  const state = `case when ${isOpen} then
    (array['queued', 'offered', 'started', 'unknown'])[n % 4 + 1] else 'succeeded' end`;
  const at = TIME("n", String(executions));
  const ended = `case when ${isOpen} then null else ${at} end`;
  const key = `$ws, ${NTH("n")}, 1`;
  return [
    `insert into invocations (workspace_id, id, adapter, installation, channel, message_id,
       provider_user, user_id, bundle, bundle_version, command, decision, outcome, requested_at,
       ended_at)
     select $ws, ${NTH("n")}, 'console', 'local', 'console', n::text, 'p' || n % 100,
       ${NTH("n % 100")}, 'demo', '1.0.0', 'echo', 'allow',
       case when ${isOpen} then null else 'succeeded' end, ${at}, ${ended} ${series}`,
    `insert into executions (workspace_id, id, invocation_id, state, spec, mac, relay_id, epoch,
       bot_id, offer_timeout_ms, queue_timeout_ms, lost_after_ms, queued_at, offered_at, started_at,
       ended_at)
     select $ws, ${NTH("n")}, ${NTH("n")}, ${state},
       jsonb_build_object('executionId', ${NTH("n")}, 'limits', '{"outputBytes": 1048576}'::jsonb),
       '\\x00', ${NTH("1")}, 'epoch', 'bot', 1000000000, 1000000000, 1000000000, ${at}, ${at}, ${at},
       ${ended} ${series}`,
    `insert into attempts (workspace_id, execution_id, attempt, relay_id, epoch, started_at, outcome,
       ended_at)
     select ${key}, ${NTH("1")}, 'epoch', ${at}, 'succeeded', ${at} ${series} where not ${isOpen}`,
    `insert into results (workspace_id, execution_id, attempt, jws, output_length, output_digest,
       output_cut)
     select ${key}, 'jws', 10, '', false ${series} where not ${isOpen}`,
    `insert into outputs (workspace_id, execution_id, attempt, start_offset, frames)
     select ${key}, 0, '\\x0100000005616c646973' ${series}`,
  ];
}

function fillPeople({ people }: Amounts): string[] {
  const series = `from generate_series(1, ${people}) n`;
  return [
    `insert into users (workspace_id, id, name) select $ws, ${NTH("n")}, 'user ' || n ${series}`,
    `insert into identities (workspace_id, adapter, installation, provider_user, user_id)
     select $ws, 'console', 'local', 'p' || n, ${NTH("n")} ${series}`,
    `insert into groups (workspace_id, id, name) select $ws, ${NTH("n")}, 'group ' || n ${series}`,
    `insert into group_members (workspace_id, group_id, user_id)
     select $ws, ${NTH("n")}, ${NTH("n")} ${series}`,
    `insert into roles (workspace_id, id, name) select $ws, ${NTH("n")}, 'role ' || n ${series}`,
    `insert into role_permissions (workspace_id, role_id, permission)
     select $ws, ${NTH("n")}, 'a:b' ${series}`,
    `insert into grants (workspace_id, id, group_id, role_id)
     select $ws, ${NTH("n")}, ${NTH("n")}, ${NTH("n")} ${series}`,
    `insert into relays (workspace_id, id, name, hostname, signing_key, sealing_key, epoch)
     select $ws, ${NTH("1")}, 'relay', 'host', '{}', '{}', 'epoch'`,
    `insert into token_lookup (hash, workspace_id)
     select sha256(convert_to($ws || ' ' || n, 'UTF8')), $ws ${series}`,
    `insert into api_tokens (workspace_id, hash, user_id, name)
     select $ws, sha256(convert_to($ws || ' ' || n, 'UTF8')), ${NTH("n")}, '' ${series}`,
  ];
}
