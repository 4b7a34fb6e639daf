-- The audit as a chain. An event's body is the bytes that are hashed; the other columns say the
-- same for queries, and `aldis audit verify` compares the two. (Columns generated from the body
-- would cost three times as much: each reads the whole text again.)

-- Ids that sort by time.
do $do$
begin
  if to_regprocedure('pg_catalog.uuidv7()') is not null then
    create function new_id() returns uuid language sql volatile parallel safe return uuidv7();
  else
    -- RFC 9562: 48 bits of milliseconds, version 7, variant 10, the rest random.
    create function new_id() returns uuid language sql volatile parallel safe as $$
      select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
        from 1 for 6), 52, 1), 53, 1), 'hex')::uuid
    $$;
  end if;
end $do$;
--> statement-breakpoint

-- Always written in UTC with a Z, so that it reads the same under any setting.
create function utc_text(moment timestamptz) returns text language sql immutable strict parallel safe
  return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
--> statement-breakpoint
alter table audit_events no force row level security;
--> statement-breakpoint
alter table audit_details no force row level security;
--> statement-breakpoint
alter table audit_events disable trigger audit_events_append_only;
--> statement-breakpoint
alter table audit_details drop constraint audit_details_workspace_id_event_id_fkey;
--> statement-breakpoint

-- What was recorded before the chain gets ids in the order of its time.
create temporary table renumbered as
  select workspace_id, id as old_id, encode(set_bit(set_bit(overlay(uuid_send(id)
    placing substring(int8send(floor(extract(epoch from at) * 1000)::bigint) from 3)
    from 1 for 6), 52, 1), 53, 1), 'hex')::uuid as new_id
  from audit_events;
--> statement-breakpoint
update audit_details d set event_id = r.new_id from renumbered r
  where r.workspace_id = d.workspace_id and r.old_id = d.event_id;
--> statement-breakpoint
alter table audit_events add column body json;
--> statement-breakpoint
update audit_events e set id = r.new_id, body = jsonb_strip_nulls(jsonb_build_object(
    'v', 1, 'workspace', e.workspace_id, 'id', r.new_id, 'at', utc_text(e.at), 'kind', e.kind,
    'method', e.method, 'actor', e.actor_id, 'channel', e.channel, 'invocation', e.invocation_id,
    'execution', e.execution_id, 'attempt', e.attempt, 'relay', e.relay_id, 'bundle', e.bundle,
    'version', e.bundle_version, 'command', e.command, 'outcome', e.outcome,
    'exitCode', e.exit_code, 'detail', encode(e.detail_digest, 'hex')))::text::json
  from renumbered r where r.workspace_id = e.workspace_id and r.old_id = e.id;
--> statement-breakpoint
drop table renumbered;
--> statement-breakpoint
drop index audit_events_recent, audit_events_of_invocation;
--> statement-breakpoint
alter table audit_events
  alter column body set not null,
  alter column at drop default,
  add column on_behalf_of uuid,
  add column image text,
  -- What an administrative event is about, as `group:ops`.
  add column object text,
  add column trace_id text;
--> statement-breakpoint
create index audit_events_of_invocation on audit_events (workspace_id, invocation_id)
  where invocation_id is not null;
--> statement-breakpoint
create index audit_events_of_actor on audit_events (workspace_id, actor_id, id);
--> statement-breakpoint
create index audit_events_of_command on audit_events (workspace_id, bundle, command, id)
  where bundle is not null;
--> statement-breakpoint
alter table audit_details
  -- Random, so that what was erased cannot be found again by guessing at its digest.
  add column salt bytea not null default '',
  add foreign key (workspace_id, event_id) references audit_events;
--> statement-breakpoint
alter table audit_events enable trigger audit_events_append_only;
--> statement-breakpoint

-- Events that are not linked yet, in whatever order they were committed.
create table audit_unlinked (
  workspace_id uuid not null references workspaces,
  event_id uuid not null,
  primary key (workspace_id, event_id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
--> statement-breakpoint
insert into audit_unlinked select workspace_id, id from audit_events;
--> statement-breakpoint
alter table audit_events force row level security;
--> statement-breakpoint
alter table audit_details force row level security;
--> statement-breakpoint
-- hash = sha256(hash before || number, 8 bytes big-endian || sha256(body)); before the first:
-- sha256('aldis audit chain 1 ' || workspace id).
create table audit_chain (
  workspace_id uuid not null references workspaces,
  number bigint not null check (number > 0),
  event_id uuid not null,
  hash bytea not null,
  primary key (workspace_id, number),
  unique (workspace_id, event_id)
);
--> statement-breakpoint
-- The newest link as a bot has signed it.
create table audit_heads (
  workspace_id uuid primary key references workspaces,
  number bigint not null,
  hash bytea not null,
  jws text not null,
  signed_at timestamptz not null default clock_timestamp()
);
--> statement-breakpoint
create trigger audit_chain_append_only before update or delete on audit_chain
  for each row execute function refuse_change();
--> statement-breakpoint
create trigger audit_chain_no_truncate before truncate on audit_chain
  for each statement execute function refuse_change();
--> statement-breakpoint
do $$
declare t text;
begin
  foreach t in array array['audit_unlinked', 'audit_chain', 'audit_heads'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy workspace on %I using (workspace_id = current_workspace())
      with check (workspace_id = current_workspace())', t);
  end loop;
end $$;
--> statement-breakpoint
grant select on audit_unlinked, audit_chain, audit_heads to aldis_app;
--> statement-breakpoint

drop function append_event(uuid, uuid, text, text, uuid, text, uuid, uuid, integer, uuid, text,
  text, text, text, integer, text);
--> statement-breakpoint
drop function record_event(uuid, text, text, uuid, uuid, text);
--> statement-breakpoint

-- `append_event(workspace, fields, detail)`, `link_events` and `keep_head` are in 0005.

-- Appends an event about what is neither an invocation nor an execution, in a commit of its own.
create function record_event(ws uuid, fields jsonb, detail text) returns uuid language plpgsql as $$
begin
  perform set_config('aldis.workspace', ws::text, true);
  return append_event(ws, fields, detail);
end $$;
--> statement-breakpoint

create or replace function append_execution_event(
  ws uuid, e executions, event_kind text, event_method text, actor uuid, event_outcome text,
  code integer, detail text
) returns void language plpgsql as $$
declare i invocations;
begin
  select * into strict i from invocations where workspace_id = ws and id = e.invocation_id;
  perform append_event(ws, jsonb_build_object('kind', event_kind, 'method', event_method,
    'actor', actor, 'channel', i.channel, 'invocation', i.id, 'execution', e.id,
    'attempt', e.attempt, 'relay', e.relay_id, 'bundle', i.bundle, 'version', i.bundle_version,
    'command', i.command, 'image', e.spec->>'image', 'outcome', event_outcome, 'exitCode', code),
    detail);
end $$;
--> statement-breakpoint

drop function record_invocation(uuid, bigint, jsonb, jsonb, text);
--> statement-breakpoint
-- Records what was typed and, if it may run, what will run. Returns `recorded`; `duplicate` when
-- this message is recorded already; `stale` when who may do what has changed since the decision,
-- or something it rests on has expired by now (nothing is written: decide again).
create function record_invocation(
  ws uuid, decided_under bigint, good_until timestamptz, i jsonb, e jsonb, detail text
) returns text language plpgsql as $$
declare
  about constant jsonb := jsonb_build_object('method', i->>'adapter', 'actor', i->>'userId',
    'channel', i->>'channel', 'invocation', i->>'id', 'bundle', i->>'bundle',
    'version', i->>'bundleVersion', 'command', i->>'command');
begin
  perform set_config('aldis.workspace', ws::text, true);
  if good_until <= clock_timestamp() or decided_under is not null
    and decided_under <> (select access_version from workspaces where id = ws) then
    return 'stale';
  end if;
  insert into invocations (workspace_id, id, adapter, installation, channel, message_id,
    provider_user, user_id, bundle, bundle_version, command, decision, outcome, ended_at)
  values (ws, (i->>'id')::uuid, i->>'adapter', i->>'installation', i->>'channel', i->>'messageId',
    i->>'providerUser', (i->>'userId')::uuid, i->>'bundle', i->>'bundleVersion', i->>'command',
    i->>'decision', i->>'outcome', case when i->>'outcome' is not null then now() end)
  on conflict (workspace_id, adapter, installation, channel, message_id) do nothing;
  if not found then
    -- The same row again: its first answer was lost.
    return case when exists (select from invocations where workspace_id = ws
      and id = (i->>'id')::uuid) then 'recorded' else 'duplicate' end;
  end if;
  perform append_event(ws, about || jsonb_build_object('kind', 'invocation.requested',
    'id', i->>'eventId', 'execution', e->>'id', 'relay', e->>'relayId',
    'image', e->'spec'->>'image', 'outcome', i->>'decision'), detail);
  if e is not null then
    insert into executions (workspace_id, id, invocation_id, state, spec, facts, mac, relay_id,
      epoch, bot_id, offer_timeout_ms, queue_timeout_ms, lost_after_ms, offered_at)
    values (ws, (e->>'id')::uuid, (i->>'id')::uuid,
      case when e->>'relayId' is null then 'queued' else 'offered' end,
      e->'spec', nullif(e->'facts', 'null'), decode(e->>'mac', 'base64'), (e->>'relayId')::uuid,
      e->>'epoch', e->>'botId', (e->>'offerTimeoutMs')::int, (e->>'queueTimeoutMs')::int,
      (e->>'lostAfterMs')::int, case when e->>'relayId' is not null then now() end);
  end if;
  if i->>'outcome' is not null then
    perform append_event(ws, about || jsonb_build_object('kind', 'invocation.ended',
      'outcome', i->>'outcome'), '{}');
  end if;
  return 'recorded';
end $$;
--> statement-breakpoint

create or replace function end_invocation(ws uuid, invocation uuid, result text, code integer)
returns boolean language plpgsql as $$
declare i invocations;
begin
  perform set_config('aldis.workspace', ws::text, true);
  update invocations set ended_at = now(), outcome = result
    where workspace_id = ws and id = invocation and ended_at is null
      and not exists (select from executions x where x.workspace_id = ws
        and x.invocation_id = invocation and x.ended_at is null)
    returning * into i;
  if not found then
    return false;
  end if;
  perform append_event(ws, jsonb_build_object('kind', 'invocation.ended', 'method', i.adapter,
    'actor', i.user_id, 'channel', i.channel, 'invocation', i.id, 'bundle', i.bundle,
    'version', i.bundle_version, 'command', i.command, 'outcome', result, 'exitCode', code), '{}');
  return true;
end $$;
--> statement-breakpoint

-- offered → started, and one more attempt on record.
create or replace function start_execution(
  ws uuid, execution uuid, claimed_attempt integer, relay uuid, relay_epoch text
) returns jsonb language plpgsql as $$
declare e executions;
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions x set state = 'started', started_at = now()
    from relays r
    where x.workspace_id = ws and x.id = execution and x.state = 'offered'
      and x.attempt = claimed_attempt and x.relay_id = relay and x.epoch = relay_epoch
      and r.workspace_id = ws and r.id = relay and r.epoch = relay_epoch and r.state = 'active'
      and not exists (select from results s where s.workspace_id = ws
        and s.execution_id = execution and s.attempt = claimed_attempt)
    returning x.* into e;
  if found then
    insert into attempts (workspace_id, execution_id, attempt, relay_id, epoch)
      values (ws, execution, claimed_attempt, relay, relay_epoch);
    perform append_execution_event(ws, e, 'execution.started', 'relay', null, null, null, '{}');
    return jsonb_build_object('answer', 'granted', 'replyBot', e.bot_id);
  end if;
  select * into e from executions where workspace_id = ws and id = execution;
  if not found then
    return jsonb_build_object('answer', 'no such execution');
  end if;
  if e.state = 'started' and e.attempt = claimed_attempt and e.relay_id = relay
    and e.epoch = relay_epoch then
    return jsonb_build_object('answer', 'granted', 'replyBot', e.bot_id);
  end if;
  if e.state in ('offered', 'started') then
    return jsonb_build_object('answer', 'offered to another');
  end if;
  return jsonb_build_object('answer', e.state);
end $$;
--> statement-breakpoint

-- started | unknown → how it ended, by the relay's signed result. A repeat changes nothing; a
-- result that comes after the execution ended some other way is stored beside it.
create or replace function settle_execution(
  ws uuid, execution uuid, ended_attempt integer, relay uuid, r jsonb, signed text
) returns text language plpgsql as $$
declare e executions; next_state text := r->>'status';
begin
  perform set_config('aldis.workspace', ws::text, true);
  select * into e from executions
    where workspace_id = ws and id = execution and relay_id = relay and attempt = ended_attempt
    for update;
  if not found then
    return 'not yours';
  end if;
  insert into results (workspace_id, execution_id, attempt, jws, output_length, output_digest,
    output_cut)
  values (ws, execution, ended_attempt, signed, (r->>'outputLength')::bigint, r->>'outputDigest',
    (r->>'outputCut')::boolean)
  on conflict do nothing;
  if not found then
    return 'repeat';
  end if;
  update attempts set outcome = next_state, ended_at = now()
    where workspace_id = ws and execution_id = execution and attempt = ended_attempt
      and ended_at is null;
  -- The relay gave up before its claim was answered: nothing ran, and now never will under this
  -- number.
  if e.state not in ('started', 'unknown')
    and not (e.state = 'offered' and next_state = 'not-begun') then
    return 'late';
  end if;
  if next_state = 'not-begun' and e.cancel_requested_at is not null then
    next_state := 'cancelled';
  end if;
  if next_state = 'not-begun' then
    update executions set state = 'queued', attempt = attempt + 1, relay_id = null, epoch = null,
        started_at = null, queued_at = now(), reason = r->>'reason'
      where workspace_id = ws and id = execution returning * into e;
    perform append_execution_event(ws, e, 'execution.requeued', 'relay', null, null, null,
      json_build_object('reason', 'permitted and not begun')::text);
    return 'requeued';
  end if;
  update executions set state = next_state, exit_code = (r->>'exitCode')::int,
      reason = r->>'reason', duration_ms = (r->>'durationMs')::int, ended_at = now()
    where workspace_id = ws and id = execution returning * into e;
  perform append_execution_event(ws, e, 'execution.ended', 'relay', null, next_state, e.exit_code,
    json_build_object('reason', e.reason, 'durationMs', e.duration_ms)::text);
  perform end_invocation(ws, e.invocation_id, next_state, e.exit_code);
  return 'settled';
end $$;
