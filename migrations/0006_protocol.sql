-- Starts, limits, silence and marks: what the protocol keeps beside the state of an execution.

-- How often it may be started: once, or for `at-least-once` what the bundle says.
alter table executions add column most_starts integer not null default 1 check (most_starts > 0);
--> statement-breakpoint
-- Since when no bot has heard its relay, by this clock; null while one hears it.
alter table executions add column silent_since timestamptz;
--> statement-breakpoint
-- Executions with one key share a limit: so many of them are offered, run or are unknown at once.
alter table executions add column concurrency_key text,
  add column concurrency_max integer check (concurrency_max > 0),
  add constraint executions_concurrency check ((concurrency_key is null) = (concurrency_max is null));
--> statement-breakpoint
create index executions_concurrency_open on executions (workspace_id, concurrency_key)
  where concurrency_key is not null and ended_at is null;
--> statement-breakpoint
create index executions_silent on executions (workspace_id) where silent_since is not null;
--> statement-breakpoint

-- What was typed, by a key that is not in the database: another text under one key is no repeat.
alter table invocations add column text_mac bytea;
--> statement-breakpoint
-- By the same key over the authority's fingerprint, so that no row can bring another authority.
alter table key_lists add column mac bytea;
--> statement-breakpoint
-- An administrator's wish; the relay follows it, and no bot offers it anything meanwhile.
alter table relays add column draining boolean not null default false;
--> statement-breakpoint

grant update (silent_since) on executions to aldis_app;
--> statement-breakpoint
grant update (draining) on relays to aldis_app;
--> statement-breakpoint

create or replace function check_transition() returns trigger language plpgsql as $$
begin
  if new.attempt <> old.attempt and (new.state <> 'queued' or old.state = 'queued') then
    raise exception 'an attempt has its number for life' using errcode = 'check_violation';
  end if;
  -- Back to the queue only under the next number; and once it was permitted to start, only where
  -- the relay has said how that attempt went, or it may run more than once.
  if new.state = 'queued' and old.state <> 'queued' and (
    new.attempt <> old.attempt + 1 or (old.state <> 'offered'
      and old.spec->>'delivery' is distinct from 'at-least-once'
      and not exists (select from results r where r.workspace_id = old.workspace_id
        and r.execution_id = old.id and r.attempt = old.attempt))
  ) then
    raise exception 'an execution that may have run is not queued again'
      using errcode = 'check_violation';
  end if;
  if new.state = old.state or (old.state, new.state) in (
    ('queued', 'offered'), ('queued', 'cancelled'), ('queued', 'expired'),
    ('offered', 'queued'), ('offered', 'started'), ('offered', 'cancelled'), ('offered', 'expired'),
    ('started', 'succeeded'), ('started', 'failed'), ('started', 'timed-out'),
    ('started', 'cancelled'), ('started', 'interrupted'), ('started', 'unknown'),
    ('started', 'queued'),
    ('unknown', 'succeeded'), ('unknown', 'failed'), ('unknown', 'timed-out'),
    ('unknown', 'cancelled'), ('unknown', 'interrupted'), ('unknown', 'queued')
  ) then
    return new;
  end if;
  raise exception 'an execution does not go from % to %', old.state, new.state
    using errcode = 'check_violation';
end $$;
--> statement-breakpoint

-- Whether one more with this key may be offered. Whoever asks holds the key until the commit.
create function has_room(ws uuid, key text, most integer) returns boolean language plpgsql as $$
begin
  if key is null then
    return true;
  end if;
  perform pg_advisory_xact_lock(hashtextextended(ws::text || '/' || key, 0));
  return (select count(*) < most from executions where workspace_id = ws and concurrency_key = key
    and ended_at is null and state in ('offered', 'started', 'unknown'));
end $$;
--> statement-breakpoint

drop function record_invocation(uuid, bigint, timestamptz, jsonb, jsonb, text);
--> statement-breakpoint
-- Records what was typed and, if it may run, what will run. Returns `recorded`; `limited` when it
-- is recorded and waits, because as many as may run at once already do; `duplicate` when this
-- message is recorded already; `stale` when who may do what has changed since the decision, or
-- something it rests on has expired by now (nothing is written: decide again).
create function record_invocation(
  ws uuid, decided_under bigint, good_until timestamptz, i jsonb, e jsonb, detail text
) returns text language plpgsql as $$
declare
  about constant jsonb := jsonb_build_object('method', i->>'adapter', 'actor', i->>'userId',
    'channel', i->>'channel', 'invocation', i->>'id', 'bundle', i->>'bundle',
    'version', i->>'bundleVersion', 'command', i->>'command');
  typed constant bytea := decode(i->>'textMac', 'base64');
  is_offered boolean;
begin
  perform set_config('aldis.workspace', ws::text, true);
  if good_until <= clock_timestamp() or decided_under is not null
    and decided_under <> (select access_version from workspaces where id = ws) then
    return 'stale';
  end if;
  insert into invocations (workspace_id, id, adapter, installation, channel, message_id,
    provider_user, user_id, bundle, bundle_version, command, decision, outcome, ended_at, text_mac)
  values (ws, (i->>'id')::uuid, i->>'adapter', i->>'installation', i->>'channel', i->>'messageId',
    i->>'providerUser', (i->>'userId')::uuid, i->>'bundle', i->>'bundleVersion', i->>'command',
    i->>'decision', i->>'outcome', case when i->>'outcome' is not null then now() end, typed)
  on conflict (workspace_id, adapter, installation, channel, message_id) do nothing;
  if not found then
    if not exists (select from invocations where workspace_id = ws and id = (i->>'id')::uuid) then
      return 'duplicate';
    end if;
    -- The same row again: its first answer was lost.
    return case when e->>'relayId' is not null and exists (select from executions
      where workspace_id = ws and id = (e->>'id')::uuid and state = 'queued' and attempt = 1)
      then 'limited' else 'recorded' end;
  end if;
  is_offered := e->>'relayId' is not null
    and has_room(ws, e->>'concurrencyKey', (e->>'concurrencyMax')::int);
  perform append_event(ws, about || jsonb_build_object('kind', 'invocation.requested',
    'id', i->>'eventId', 'execution', e->>'id', 'relay', e->>'relayId',
    'image', e->'spec'->>'image', 'outcome', i->>'decision'), detail);
  if e is not null then
    insert into executions (workspace_id, id, invocation_id, state, spec, facts, mac, relay_id,
      epoch, bot_id, offer_timeout_ms, queue_timeout_ms, lost_after_ms, most_starts,
      concurrency_key, concurrency_max, offered_at)
    values (ws, (e->>'id')::uuid, (i->>'id')::uuid,
      case when is_offered then 'offered' else 'queued' end,
      e->'spec', nullif(e->'facts', 'null'), decode(e->>'mac', 'base64'),
      case when is_offered then (e->>'relayId')::uuid end,
      case when is_offered then e->>'epoch' end, e->>'botId',
      (e->>'offerTimeoutMs')::int, (e->>'queueTimeoutMs')::int, (e->>'lostAfterMs')::int,
      (e->>'mostStarts')::int, e->>'concurrencyKey', (e->>'concurrencyMax')::int,
      case when is_offered then now() end);
  end if;
  if i->>'outcome' is not null then
    perform append_event(ws, about || jsonb_build_object('kind', 'invocation.ended',
      'outcome', i->>'outcome'), '{}');
  end if;
  return case when e->>'relayId' is not null and not is_offered then 'limited' else 'recorded' end;
end $$;
--> statement-breakpoint

drop function offer_execution(uuid, uuid, integer, uuid, text, text);
--> statement-breakpoint
-- queued → offered, to this relay in this epoch: `offered`; `limited` when as many as may run at
-- once already do; `gone` when it is no longer queued in this attempt.
create function offer_execution(
  ws uuid, execution uuid, expected_attempt integer, relay uuid, relay_epoch text, bot text
) returns text language plpgsql as $$
declare e executions;
begin
  perform set_config('aldis.workspace', ws::text, true);
  select * into e from executions
    where workspace_id = ws and id = execution and state = 'queued' and attempt = expected_attempt
    for update;
  if not found then
    return 'gone';
  end if;
  if not has_room(ws, e.concurrency_key, e.concurrency_max) then
    return 'limited';
  end if;
  update executions set state = 'offered', relay_id = relay, epoch = relay_epoch, bot_id = bot,
      offered_at = now()
    where workspace_id = ws and id = execution returning * into e;
  perform append_execution_event(ws, e, 'execution.offered', 'system', null, null, null, '{}');
  return 'offered';
end $$;
--> statement-breakpoint

-- offered → started, and one more attempt on record. Who asks again speaks for it: the silence is
-- counted anew, so that nothing is called lost while a permit for it may still count.
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
    update executions set silent_since = null
      where workspace_id = ws and id = execution and silent_since is not null;
    return jsonb_build_object('answer', 'granted', 'replyBot', e.bot_id);
  end if;
  if e.state in ('offered', 'started') then
    return jsonb_build_object('answer', 'offered to another');
  end if;
  return jsonb_build_object('answer', e.state);
end $$;
--> statement-breakpoint

-- started → queued, for what may run more than once and was not started as often as it may be.
create function restart_execution(ws uuid, e executions, asked_by text, why text)
returns boolean language plpgsql as $$
begin
  if e.spec->>'delivery' is distinct from 'at-least-once' or e.cancel_requested_at is not null
    or (select count(*) >= e.most_starts from attempts t
      where t.workspace_id = ws and t.execution_id = e.id) then
    return false;
  end if;
  update executions set state = 'queued', attempt = attempt + 1, relay_id = null, epoch = null,
      started_at = null, queued_at = now(), silent_since = null, reason = why
    where workspace_id = ws and id = e.id returning * into e;
  perform append_execution_event(ws, e, 'execution.requeued', asked_by, null, null, null,
    json_build_object('reason', why)::text);
  return true;
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
    -- An earlier start of what may run more than once: kept beside the later ones.
    if not exists (select from attempts t where t.workspace_id = ws and t.execution_id = execution
      and t.attempt = ended_attempt and t.relay_id = relay) then
      return 'not yours';
    end if;
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
  if e.id is null or e.state not in ('started', 'unknown')
    and not (e.state = 'offered' and next_state = 'not-begun') then
    return 'late';
  end if;
  if next_state = 'not-begun' and e.cancel_requested_at is not null then
    next_state := 'cancelled';
  end if;
  if next_state = 'not-begun' then
    update executions set state = 'queued', attempt = attempt + 1, relay_id = null, epoch = null,
        started_at = null, queued_at = now(), silent_since = null, reason = r->>'reason'
      where workspace_id = ws and id = execution returning * into e;
    perform append_execution_event(ws, e, 'execution.requeued', 'relay', null, null, null,
      json_build_object('reason', 'permitted and not begun')::text);
    return 'requeued';
  end if;
  if next_state = 'interrupted' and restart_execution(ws, e, 'relay', r->>'reason') then
    return 'requeued';
  end if;
  update executions set state = next_state, exit_code = (r->>'exitCode')::int,
      reason = r->>'reason', duration_ms = (r->>'durationMs')::int, ended_at = now(),
      silent_since = null
    where workspace_id = ws and id = execution returning * into e;
  perform append_execution_event(ws, e, 'execution.ended', 'relay', null, next_state, e.exit_code,
    json_build_object('reason', e.reason, 'durationMs', e.duration_ms)::text);
  perform end_invocation(ws, e.invocation_id, next_state, e.exit_code);
  return 'settled';
end $$;
--> statement-breakpoint

-- A bot hears these lives of relays (`relay/epoch`): whatever runs on them is spoken for.
create function hear_relays(ws uuid, speaking text[]) returns void language plpgsql as $$
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions set silent_since = null
    where workspace_id = ws and silent_since is not null
      and relay_id || '/' || epoch = any(speaking);
end $$;
--> statement-breakpoint

drop function lose_execution(uuid, uuid, integer);
--> statement-breakpoint
-- A bot hears nobody speak for this attempt. Where none has for `lost_after`, it is unknown, or
-- queued again where it may run more than once.
create function note_silence(ws uuid, execution uuid, silent_attempt integer)
returns text language plpgsql as $$
declare
  e executions;
  why constant text := 'the relay fell silent while it ran';
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions set silent_since = coalesce(silent_since, now())
    where workspace_id = ws and id = execution and state = 'started' and attempt = silent_attempt
    returning * into e;
  if not found or e.silent_since + e.lost_after_ms * interval '1 millisecond' > now() then
    return 'noted';
  end if;
  if restart_execution(ws, e, 'system', why) then
    return 'requeued';
  end if;
  update executions set state = 'unknown', reason = why, silent_since = null
    where workspace_id = ws and id = execution returning * into e;
  perform append_execution_event(ws, e, 'execution.unknown', 'system', null, 'unknown', null, '{}');
  return 'unknown';
end $$;
--> statement-breakpoint

-- unknown → how a person says that it went. Returns the state that it found, null for no such one.
create function mark_execution(
  ws uuid, execution uuid, actor uuid, marked_by text, outcome text, why text
) returns text language plpgsql as $$
declare e executions;
begin
  perform set_config('aldis.workspace', ws::text, true);
  select * into e from executions where workspace_id = ws and id = execution for update;
  if not found or e.state <> 'unknown' then
    return e.state;
  end if;
  update executions set state = outcome, reason = coalesce(why, 'marked by a person'),
      ended_at = now()
    where workspace_id = ws and id = execution returning * into e;
  perform append_execution_event(ws, e, 'execution.marked', marked_by, actor, outcome, null,
    json_build_object('reason', why)::text);
  perform append_execution_event(ws, e, 'execution.ended', marked_by, actor, outcome, null,
    json_build_object('reason', e.reason)::text);
  perform end_invocation(ws, e.invocation_id, outcome, null);
  return 'unknown';
end $$;
--> statement-breakpoint

-- Whose output it is, the permitted start says, not the row: that may have moved on to another
-- start, and what the earlier one has printed still comes to rest beside it.
create or replace function store_output(
  ws uuid, execution uuid, of_attempt integer, relay uuid, at_offset bigint, bytes bytea
) returns bigint language plpgsql as $$
declare
  stored_length integer;
  farthest_ahead constant bigint := 2 * 1024 * 1024;
begin
  perform set_config('aldis.workspace', ws::text, true);
  -- A frame of one byte takes six; the mark where output was cut has room beside that.
  perform from attempts t join executions e on e.workspace_id = ws and e.id = execution
    where t.workspace_id = ws and t.execution_id = execution and t.attempt = of_attempt
      and t.relay_id = relay
      and at_offset + length(bytes) <= (e.spec->'limits'->>'outputBytes')::bigint * 6 + 65536;
  if not found then
    return null;
  end if;
  if at_offset > farthest_ahead and not exists (select from outputs where workspace_id = ws
    and execution_id = execution and attempt = of_attempt
    and start_offset >= at_offset - farthest_ahead) then
    return null;
  end if;
  insert into outputs (workspace_id, execution_id, attempt, start_offset, frames)
  values (ws, execution, of_attempt, at_offset, bytes) on conflict do nothing;
  if found then
    return at_offset + length(bytes);
  end if;
  select length(frames) into stored_length from outputs where workspace_id = ws
    and execution_id = execution and attempt = of_attempt and start_offset = at_offset;
  return at_offset + stored_length;
end $$;
