-- What a database of the first schema may hold: two workspaces, people, what ran, and its audit.
insert into workspaces (id, name) values ('0bbbbbbb-0000-7000-8000-000000000002', 'other');
insert into users (workspace_id, id, name)
  select id, '00000000-0000-7000-8000-000000000001', 'ada' from workspaces;
insert into identities (workspace_id, adapter, installation, provider_user, user_id)
  select id, 'console', 'local', 'ada', '00000000-0000-7000-8000-000000000001' from workspaces;
insert into groups (workspace_id, id, name)
  select id, '00000000-0000-7000-8000-000000000002', 'ops' from workspaces;
insert into group_members (workspace_id, group_id, user_id)
  select id, '00000000-0000-7000-8000-000000000002', '00000000-0000-7000-8000-000000000001'
  from workspaces;
insert into roles (workspace_id, id, name)
  select id, '00000000-0000-7000-8000-000000000003', 'deployer' from workspaces;
insert into roles (workspace_id, id, name)
  select id, '00000000-0000-7000-8000-000000000004', 'reader' from workspaces;
insert into role_permissions (workspace_id, role_id, permission)
  select workspace_id, id, 'web:' || name from roles;
insert into group_roles (workspace_id, group_id, role_id)
  select workspace_id, '00000000-0000-7000-8000-000000000002', id from roles;
insert into api_tokens (workspace_id, hash, user_id, name)
  select id, sha256(id::text::bytea), '00000000-0000-7000-8000-000000000001', 'mine' from workspaces;
insert into token_lookup (hash, workspace_id) select hash, workspace_id from api_tokens;
insert into key_lists (number, jws) values (1, 'first');
insert into bundles (workspace_id, id, name, version, digest, source, enabled)
  select id, '00000000-0000-7000-8000-000000000005', 'web', '1.0.0', 'd', 'name: web', true
  from workspaces;
insert into relays (workspace_id, id, name, hostname, signing_key, sealing_key, epoch)
  select id, '00000000-0000-7000-8000-000000000006', 'first', 'host', '{}', '{}', 'epoch'
  from workspaces;
insert into join_tokens (workspace_id, hash, name, expires_at)
  select id, sha256('join'), 'second', '2030-01-01Z' from workspaces;

-- One invocation for each way that an execution goes: n is its number.
create temporary table ways as select * from (values
  (1, null), (2, 'offered'), (3, 'started'), (4, 'succeeded'), (5, 'failed'), (6, 'unknown'),
  (7, 'cancelled')) as way (n, state);
create function pg_temp.nth(kind int, n int) returns uuid language sql
  return format('0000000%s-0000-7000-8000-%s', kind, lpad(n::text, 12, '0'))::uuid;
insert into invocations (workspace_id, id, adapter, installation, channel, message_id,
    provider_user, user_id, bundle, bundle_version, command, decision, outcome, requested_at, ended_at)
  select w.id, pg_temp.nth(1, n), 'console', 'local', 'c', n::text, 'ada',
    '00000000-0000-7000-8000-000000000001', 'web', '1.0.0', 'deploy', 'allow',
    case when n in (4, 5) then state end, '2026-01-01Z',
    case when n in (4, 5) then timestamptz '2026-01-01 00:01Z' end
  from workspaces w, ways;
insert into executions (workspace_id, id, invocation_id, state, spec, mac, bot_id, relay_id, epoch,
    offer_timeout_ms, queue_timeout_ms, lost_after_ms)
  select w.id, pg_temp.nth(2, n), pg_temp.nth(1, n), case when state is null then 'queued' else 'offered' end,
    jsonb_build_object('executionId', pg_temp.nth(2, n), 'image', 'img'), 'mac', 'bot',
    case when state is not null then uuid '00000000-0000-7000-8000-000000000006' end,
    case when state is not null then 'epoch' end, 1000, 1000, 1000
  from workspaces w, ways;
update executions e set state = 'started', started_at = '2026-01-01 00:00:10Z' from ways
  where e.id = pg_temp.nth(2, n) and ways.state in ('started', 'succeeded', 'failed', 'unknown');
update executions e set state = ways.state,
    ended_at = case when ways.state <> 'unknown' then timestamptz '2026-01-01 00:01Z' end
  from ways where e.id = pg_temp.nth(2, n) and ways.state in ('succeeded', 'failed', 'unknown', 'cancelled');
insert into results (workspace_id, execution_id, attempt, jws, output_length, output_digest, output_cut)
  select workspace_id, id, 1, 'signed', 5, 'd', false from executions where state in ('succeeded', 'failed');
insert into outputs (workspace_id, execution_id, attempt, start_offset, frames)
  select workspace_id, id, 1, 0, 'bytes' from executions where state in ('succeeded', 'failed');

-- Events whose ids do not sort as their time does, with every column filled and with few.
insert into audit_events (workspace_id, id, at, kind, actor_id, method, channel, invocation_id,
    execution_id, attempt, relay_id, bundle, bundle_version, command, outcome, exit_code, detail_digest)
  select w.id, md5(w.id::text || n)::uuid, timestamptz '2026-01-01 00:00:00.123456Z' + n * interval '1 hour',
    'execution.ended', '00000000-0000-7000-8000-000000000001', 'console', 'c"h\annel', pg_temp.nth(1, n % 7 + 1),
    pg_temp.nth(2, n % 7 + 1), 1, '00000000-0000-7000-8000-000000000006', 'web', '1.0.0', 'déploy', 'failed', n,
    sha256(convert_to('{"text": "é ' || n || '"}', 'UTF8'))
  from workspaces w, generate_series(1, 50) n;
insert into audit_events (workspace_id, id, at, kind, method, detail_digest)
  select id, gen_random_uuid(), '2025-06-01 12:00+02', 'relay.enrolled', 'system',
    sha256(convert_to('{}', 'UTF8'))
  from workspaces;
insert into audit_details (workspace_id, event_id, detail)
  select workspace_id, id,
    case when kind = 'relay.enrolled' then '{}' else '{"text": "é ' || exit_code || '"}' end
  from audit_events;
-- A detail that was erased is gone for good.
delete from audit_details d using audit_events e where e.id = d.event_id and e.exit_code = 13;
drop table ways;
drop function pg_temp.nth(int, int);
