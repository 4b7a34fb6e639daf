-- Tables, row-level security and grants. The owner runs this; the bot logs in as a member of
-- aldis_app, which owns nothing and is bound by every policy below.
--
-- Every key begins with the workspace, so that not even a unique violation tells of another's row.

create function current_workspace() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('aldis.workspace', true), '')::uuid;
--> statement-breakpoint

-- Without row-level security: what must be read before the workspace is known.

create table workspaces (
  id uuid primary key,
  name text not null unique,
  prefix text not null default '!',
  time_zone text not null default 'UTC',
  -- Grows with every change to who may do what; a decision names the one it was made under.
  access_version bigint not null default 1,
  created_at timestamptz not null default now()
);
--> statement-breakpoint
create table installations (
  adapter text not null,
  installation text not null,
  workspace_id uuid not null references workspaces,
  primary key (adapter, installation)
);
--> statement-breakpoint
create table token_lookup (
  hash bytea primary key,
  workspace_id uuid not null references workspaces
);
--> statement-breakpoint
create table key_lists (
  number bigint primary key check (number > 0),
  jws text not null,
  created_at timestamptz not null default now()
);
--> statement-breakpoint

-- People

create table users (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  name text not null,
  state text not null default 'active' check (state in ('active', 'suspended')),
  created_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name)
);
--> statement-breakpoint
create table identities (
  workspace_id uuid not null,
  adapter text not null,
  installation text not null,
  provider_user text not null,
  user_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, adapter, installation, provider_user),
  foreign key (workspace_id, user_id) references users on delete cascade
);
--> statement-breakpoint
create table groups (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  name text not null,
  primary key (workspace_id, id),
  unique (workspace_id, name)
);
--> statement-breakpoint
create table group_members (
  workspace_id uuid not null,
  group_id uuid not null,
  user_id uuid not null,
  primary key (workspace_id, group_id, user_id),
  foreign key (workspace_id, group_id) references groups on delete cascade,
  foreign key (workspace_id, user_id) references users on delete cascade
);
--> statement-breakpoint
create table roles (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  name text not null,
  primary key (workspace_id, id),
  unique (workspace_id, name)
);
--> statement-breakpoint
create table group_roles (
  workspace_id uuid not null,
  group_id uuid not null,
  role_id uuid not null,
  primary key (workspace_id, group_id, role_id),
  foreign key (workspace_id, group_id) references groups on delete cascade,
  foreign key (workspace_id, role_id) references roles on delete cascade
);
--> statement-breakpoint
create table role_permissions (
  workspace_id uuid not null,
  role_id uuid not null,
  permission text not null,
  primary key (workspace_id, role_id, permission),
  foreign key (workspace_id, role_id) references roles on delete cascade
);
--> statement-breakpoint
create table api_tokens (
  workspace_id uuid not null,
  hash bytea not null,
  user_id uuid not null,
  name text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  primary key (workspace_id, hash),
  foreign key (workspace_id, user_id) references users on delete cascade
);
--> statement-breakpoint

-- Bundles and relays

create table bundles (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  name text not null,
  version text not null,
  digest text not null,
  -- The file as it was installed; the program parses it again.
  source text not null,
  enabled boolean not null default false,
  installed_by uuid,
  installed_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name, version)
);
--> statement-breakpoint
create unique index bundles_one_enabled on bundles (workspace_id, name) where enabled;
--> statement-breakpoint
create table relays (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  name text not null,
  hostname text not null,
  tags jsonb not null default '{}',
  signing_key jsonb not null,
  sealing_key jsonb not null,
  state text not null default 'active' check (state in ('active', 'suspended', 'removed')),
  -- The newest life of the relay that has proved itself; the only one that is served.
  epoch text,
  enrolled_at timestamptz not null default now(),
  primary key (workspace_id, id),
  unique (workspace_id, name)
);
--> statement-breakpoint
create table join_tokens (
  workspace_id uuid not null references workspaces,
  hash bytea not null,
  name text not null,
  tags jsonb not null default '{}',
  created_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- The relay and key that used it: the same key may ask again, another may not.
  relay_id uuid,
  signing_kid text,
  primary key (workspace_id, hash)
);
--> statement-breakpoint

-- Invocations and executions

create table invocations (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  adapter text not null,
  installation text not null,
  channel text not null,
  message_id text not null,
  provider_user text not null,
  user_id uuid,
  bundle text,
  bundle_version text,
  command text,
  decision text not null
    check (decision in ('allow', 'deny', 'unknown', 'ambiguous', 'malformed', 'late', 'refused')),
  outcome text,
  requested_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (workspace_id, id),
  -- One message, one invocation.
  unique (workspace_id, adapter, installation, channel, message_id),
  check ((ended_at is null) = (outcome is null))
);
--> statement-breakpoint
create index invocations_recent on invocations (workspace_id, requested_at desc);
--> statement-breakpoint
create table executions (
  workspace_id uuid not null,
  id uuid not null,
  invocation_id uuid not null,
  state text not null check (state in ('queued', 'offered', 'started', 'succeeded', 'failed',
    'timed-out', 'cancelled', 'interrupted', 'expired', 'unknown')),
  attempt integer not null default 1 check (attempt > 0),
  -- What an offer carries except the attempt; what the decision was made on, where it hangs on the
  -- relay's tags; and the MAC over both and the caller.
  spec jsonb not null,
  facts jsonb,
  mac bytea not null,
  relay_id uuid,
  epoch text,
  -- The bot that owns the reply.
  bot_id text not null,
  offer_timeout_ms integer not null,
  queue_timeout_ms integer not null,
  lost_after_ms integer not null,
  exit_code integer,
  reason text,
  duration_ms integer,
  queued_at timestamptz not null default now(),
  offered_at timestamptz,
  started_at timestamptz,
  cancel_requested_at timestamptz,
  ended_at timestamptz,
  primary key (workspace_id, id),
  foreign key (workspace_id, invocation_id) references invocations,
  check (state not in ('offered', 'started') or (relay_id is not null and epoch is not null))
);
--> statement-breakpoint
create index executions_open on executions (workspace_id, state)
  where state in ('queued', 'offered', 'started', 'unknown');
--> statement-breakpoint
create index executions_of_invocation on executions (workspace_id, invocation_id);
--> statement-breakpoint
create table results (
  workspace_id uuid not null,
  execution_id uuid not null,
  attempt integer not null,
  -- As the relay signed it.
  jws text not null,
  output_length bigint not null,
  output_digest text not null,
  output_cut boolean not null,
  received_at timestamptz not null default now(),
  primary key (workspace_id, execution_id, attempt),
  foreign key (workspace_id, execution_id) references executions
);
--> statement-breakpoint
create table outputs (
  workspace_id uuid not null,
  execution_id uuid not null,
  attempt integer not null,
  start_offset bigint not null check (start_offset >= 0),
  -- Whole frames, as in relay/wire/frames.ts.
  frames bytea not null,
  primary key (workspace_id, execution_id, attempt, start_offset),
  foreign key (workspace_id, execution_id) references executions
);
--> statement-breakpoint

-- Audit: an immutable event, and its detail, which can be erased

create table audit_events (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  actor_id uuid,
  method text not null,
  channel text,
  invocation_id uuid,
  execution_id uuid,
  attempt integer,
  relay_id uuid,
  bundle text,
  bundle_version text,
  command text,
  outcome text,
  exit_code integer,
  detail_digest bytea not null,
  primary key (workspace_id, id)
);
--> statement-breakpoint
create index audit_events_recent on audit_events (workspace_id, at desc);
--> statement-breakpoint
create index audit_events_of_invocation on audit_events (workspace_id, invocation_id);
--> statement-breakpoint
create table audit_details (
  workspace_id uuid not null,
  event_id uuid not null,
  -- JSON, kept as text: the bytes that are stored are the bytes whose digest the event holds.
  detail text not null,
  primary key (workspace_id, event_id),
  foreign key (workspace_id, event_id) references audit_events
);
--> statement-breakpoint

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit events are append-only' using errcode = 'insufficient_privilege';
end $$;
--> statement-breakpoint
create trigger audit_events_append_only before update or delete on audit_events
  for each row execute function refuse_change();
--> statement-breakpoint
create trigger audit_events_no_truncate before truncate on audit_events
  for each statement execute function refuse_change();
--> statement-breakpoint

-- States of an execution (docs/architecture.md draws them)

create function check_transition() returns trigger language plpgsql as $$
begin
  if new.state = old.state and new.attempt <> old.attempt then
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
create trigger executions_transition before update of state, attempt on executions
  for each row execute function check_transition();
--> statement-breakpoint
create function check_new_execution() returns trigger language plpgsql as $$
begin
  if new.state not in ('queued', 'offered') or new.attempt <> 1
    or new.spec->>'executionId' is distinct from new.id::text then
    raise exception 'an execution begins at its beginning' using errcode = 'check_violation';
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger executions_beginning before insert on executions
  for each row execute function check_new_execution();
--> statement-breakpoint

-- Who may do what has changed

create function bump_access_version() returns trigger
  language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update workspaces set access_version = access_version + 1
    where id = coalesce(new.workspace_id, old.workspace_id);
  return null;
end $$;
--> statement-breakpoint
do $$
declare t text;
begin
  foreach t in array array['users', 'identities', 'groups', 'group_members', 'roles',
    'group_roles', 'role_permissions', 'bundles'] loop
    execute format('create trigger %I_access after insert or update or delete on %I
      for each row execute function bump_access_version()', t, t);
  end loop;
end $$;
--> statement-breakpoint

do $$
declare t text;
begin
  foreach t in array array['users', 'identities', 'groups', 'group_members', 'roles',
    'group_roles', 'role_permissions', 'api_tokens', 'bundles', 'relays', 'join_tokens',
    'invocations', 'executions', 'results', 'outputs', 'audit_events', 'audit_details'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy workspace on %I using (workspace_id = current_workspace())
      with check (workspace_id = current_workspace())', t);
  end loop;
end $$;
--> statement-breakpoint

grant select on workspaces, installations to aldis_app;
--> statement-breakpoint
grant select, insert, delete on token_lookup to aldis_app;
--> statement-breakpoint
grant select, insert on key_lists to aldis_app;
--> statement-breakpoint
grant select, insert, update, delete on users, identities, groups, group_members, roles,
  group_roles, role_permissions, api_tokens, bundles, relays, join_tokens to aldis_app;
--> statement-breakpoint
grant select, insert on invocations, executions to aldis_app;
--> statement-breakpoint
-- What was asked for and what will run never change; only how it goes.
grant update (outcome, ended_at) on invocations to aldis_app;
--> statement-breakpoint
grant update (state, attempt, relay_id, epoch, bot_id, exit_code, reason, duration_ms, queued_at,
  offered_at, started_at, cancel_requested_at, ended_at) on executions to aldis_app;
--> statement-breakpoint
grant select, insert on results, outputs, audit_events to aldis_app;
--> statement-breakpoint
grant select, insert, delete on audit_details to aldis_app;
--> statement-breakpoint

insert into workspaces (id, name) values (gen_random_uuid(), 'default');
--> statement-breakpoint
insert into installations (adapter, installation, workspace_id)
  select 'console', 'local', id from workspaces where name = 'default';
