-- One statement for each hot transition: it sets the workspace, changes one row guarded by the
-- state that it leaves, and writes the audit event, in one commit and one round trip. All run
-- with the caller's rights, so row-level security holds inside them.

create function append_event(
  ws uuid, event_id uuid, event_kind text, event_method text, actor uuid, event_channel text,
  invocation uuid, execution uuid, event_attempt integer, relay uuid,
  event_bundle text, version text, event_command text, event_outcome text, code integer,
  detail text
) returns void language sql as $$
  insert into audit_events (workspace_id, id, kind, actor_id, method, channel, invocation_id,
    execution_id, attempt, relay_id, bundle, bundle_version, command, outcome, exit_code,
    detail_digest)
  values (ws, event_id, event_kind, actor, event_method, event_channel, invocation, execution,
    event_attempt, relay, event_bundle, version, event_command, event_outcome, code,
    sha256(convert_to(detail, 'UTF8')));
  insert into audit_details (workspace_id, event_id, detail) values (ws, event_id, detail);
$$;
--> statement-breakpoint

-- An event about an execution, with all that its invocation says.
create function append_execution_event(
  ws uuid, e executions, event_kind text, event_method text, actor uuid, event_outcome text,
  code integer, detail text
) returns void language plpgsql as $$
declare i invocations;
begin
  select * into strict i from invocations where workspace_id = ws and id = e.invocation_id;
  perform append_event(ws, gen_random_uuid(), event_kind, event_method, actor, i.channel, i.id,
    e.id, e.attempt, e.relay_id, i.bundle, i.bundle_version, i.command, event_outcome, code, detail);
end $$;
--> statement-breakpoint

-- Records what was typed and, if it may run, what will run. Returns `recorded`; `duplicate` when
-- this message is recorded already; `stale` when who may do what has changed since the decision
-- (nothing is written: decide again).
create function record_invocation(
  ws uuid, decided_under bigint, i jsonb, e jsonb, detail text
) returns text language plpgsql as $$
declare bare_detail constant text := '{}';
begin
  perform set_config('aldis.workspace', ws::text, true);
  if decided_under is not null
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
  perform append_event(ws, (i->>'eventId')::uuid, 'invocation.requested', i->>'adapter',
    (i->>'userId')::uuid, i->>'channel', (i->>'id')::uuid, (e->>'id')::uuid, null,
    (e->>'relayId')::uuid, i->>'bundle', i->>'bundleVersion', i->>'command', i->>'decision', null,
    detail);
  if e is not null then
    insert into executions (workspace_id, id, invocation_id, state, spec, facts, mac, relay_id, epoch,
      bot_id, offer_timeout_ms, queue_timeout_ms, lost_after_ms, offered_at)
    values (ws, (e->>'id')::uuid, (i->>'id')::uuid,
      case when e->>'relayId' is null then 'queued' else 'offered' end,
      e->'spec', nullif(e->'facts', 'null'), decode(e->>'mac', 'base64'), (e->>'relayId')::uuid, e->>'epoch', e->>'botId',
      (e->>'offerTimeoutMs')::int, (e->>'queueTimeoutMs')::int, (e->>'lostAfterMs')::int,
      case when e->>'relayId' is not null then now() end);
  end if;
  if i->>'outcome' is not null then
    perform append_event(ws, gen_random_uuid(), 'invocation.ended', i->>'adapter',
      (i->>'userId')::uuid, i->>'channel', (i->>'id')::uuid, null, null, null, i->>'bundle',
      i->>'bundleVersion', i->>'command', i->>'outcome', null, bare_detail);
  end if;
  return 'recorded';
end $$;
--> statement-breakpoint

-- Ends an invocation once all its executions have ended; the first call that finds that wins.
create function end_invocation(ws uuid, invocation uuid, result text, code integer)
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
  perform append_event(ws, gen_random_uuid(), 'invocation.ended', i.adapter, i.user_id, i.channel,
    i.id, null, null, null, i.bundle, i.bundle_version, i.command, result, code, '{}');
  return true;
end $$;
--> statement-breakpoint

-- queued → offered, to this relay in this epoch.
create function offer_execution(
  ws uuid, execution uuid, expected_attempt integer, relay uuid, relay_epoch text, bot text
) returns boolean language plpgsql as $$
declare e executions;
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions set state = 'offered', relay_id = relay, epoch = relay_epoch, bot_id = bot,
      offered_at = now()
    where workspace_id = ws and id = execution and state = 'queued' and attempt = expected_attempt
    returning * into e;
  if not found then
    return false;
  end if;
  perform append_execution_event(ws, e, 'execution.offered', 'system', null, null, null, '{}');
  return true;
end $$;
--> statement-breakpoint

-- offered → queued: refused, nobody listening, or not claimed in time. What was offered can no
-- longer be claimed: the attempt has another number. Returns that number, or null.
create function requeue_execution(
  ws uuid, execution uuid, expected_attempt integer, why text
) returns integer language plpgsql as $$
declare e executions;
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions set state = 'queued', attempt = attempt + 1, relay_id = null, epoch = null,
      reason = why
    where workspace_id = ws and id = execution and state = 'offered' and attempt = expected_attempt
    returning * into e;
  if not found then
    return null;
  end if;
  perform append_execution_event(ws, e, 'execution.requeued', 'system', null, null, null,
    json_build_object('reason', why)::text);
  return e.attempt;
end $$;
--> statement-breakpoint

-- offered → started: the permission to start. `granted` for exactly the attempt, relay and epoch
-- that it was offered to, also when asked again, with the bot that owns the reply; otherwise the
-- state that stands in the way.
create function start_execution(
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
create function settle_execution(
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
--> statement-breakpoint

-- The wish to cancel: at once while nothing runs, otherwise stored until the relay confirms it.
-- Returns the state that it found, or null when there is no such execution.
create function cancel_execution(
  ws uuid, execution uuid, actor uuid, asked_by text
) returns text language plpgsql as $$
declare e executions; found_state text;
begin
  perform set_config('aldis.workspace', ws::text, true);
  select * into e from executions where workspace_id = ws and id = execution for update;
  if not found then
    return null;
  end if;
  found_state := e.state;
  if e.state in ('queued', 'offered') then
    update executions set state = 'cancelled', ended_at = now(), cancel_requested_at = now()
      where workspace_id = ws and id = execution;
    perform append_execution_event(ws, e, 'execution.ended', asked_by, actor, 'cancelled', null, '{}');
    perform end_invocation(ws, e.invocation_id, 'cancelled', null);
  elsif e.state in ('started', 'unknown') and e.cancel_requested_at is null then
    update executions set cancel_requested_at = now() where workspace_id = ws and id = execution;
    perform append_execution_event(ws, e, 'execution.cancel-requested', asked_by, actor, null, null, '{}');
  end if;
  return found_state;
end $$;
--> statement-breakpoint

-- queued → expired, once no relay took it within its queue_timeout.
create function expire_execution(ws uuid, execution uuid) returns boolean language plpgsql as $$
declare e executions;
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions set state = 'expired', ended_at = now(),
      reason = coalesce(reason, 'no relay matched in time')
    where workspace_id = ws and id = execution and state = 'queued'
      and queued_at + queue_timeout_ms * interval '1 millisecond' <= now()
    returning * into e;
  if not found then
    return false;
  end if;
  perform append_execution_event(ws, e, 'execution.ended', 'system', null, 'expired', null, '{}');
  perform end_invocation(ws, e.invocation_id, 'expired', null);
  return true;
end $$;
--> statement-breakpoint

-- started → unknown: the relay has been silent for lost_after, and nobody knows what it did.
create function lose_execution(ws uuid, execution uuid, lost_attempt integer)
returns boolean language plpgsql as $$
declare e executions;
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions set state = 'unknown', reason = 'the relay fell silent while it ran'
    where workspace_id = ws and id = execution and state = 'started' and attempt = lost_attempt
    returning * into e;
  if not found then
    return false;
  end if;
  perform append_execution_event(ws, e, 'execution.unknown', 'system', null, 'unknown', null, '{}');
  return true;
end $$;
--> statement-breakpoint

-- Stores one piece of output. Returns where the piece that is stored at this offset ends: after a
-- crash a relay may cut the same output in other places, and must hear what is really there. Null
-- when it is not this relay's to give, or more than the command may print, or too far ahead of what
-- is stored: a relay sends at most 1 MiB ahead.
create function store_output(
  ws uuid, execution uuid, of_attempt integer, relay uuid, at_offset bigint, bytes bytea
) returns bigint language plpgsql as $$
declare
  stored_length integer;
  farthest_ahead constant bigint := 2 * 1024 * 1024;
begin
  perform set_config('aldis.workspace', ws::text, true);
  -- A frame of one byte takes six; the mark where output was cut has room beside that.
  perform from executions where workspace_id = ws and id = execution and relay_id = relay
    and attempt = of_attempt and started_at is not null
    and at_offset + length(bytes) <= (spec->'limits'->>'outputBytes')::bigint * 6 + 65536;
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
--> statement-breakpoint

-- Writes one audit event for what is neither an invocation nor an execution.
create function record_event(
  ws uuid, event_kind text, event_method text, actor uuid, relay uuid, detail text
) returns void language plpgsql as $$
begin
  perform set_config('aldis.workspace', ws::text, true);
  perform append_event(ws, gen_random_uuid(), event_kind, event_method, actor, null, null, null,
    null, relay, null, null, null, null, null, detail);
end $$;
--> statement-breakpoint

-- How many migrations have been applied, for a role that may not read their table.
create function schema_version() returns integer
  language sql security definer set search_path = drizzle, pg_temp
  as $$ select count(*)::int from drizzle.__drizzle_migrations $$;
