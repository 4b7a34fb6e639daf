-- People and what they are granted, rules of the workspace's own, attempts, and what several bots
-- share.

-- The owner is bound by row-level security too (force): lifted where rows are rewritten below.
alter table group_roles no force row level security;
--> statement-breakpoint

alter table users
  add column email text,
  add column labels jsonb not null default '{}';
--> statement-breakpoint
alter table roles
  add column description text not null default '',
  -- Its permissions are those of the program's own registry, kept up to date by the bot.
  add column built_in boolean not null default false;
--> statement-breakpoint

-- A role held by a user or a group, for good or until it expires. Whether it has expired is
-- decided by the clock at the moment of the decision, never by a job that may not run.
create table grants (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  user_id uuid,
  group_id uuid,
  role_id uuid not null,
  expires_at timestamptz,
  reason text not null default '',
  granted_by uuid,
  granted_at timestamptz not null default now(),
  primary key (workspace_id, id),
  check ((user_id is null) <> (group_id is null)),
  foreign key (workspace_id, user_id) references users on delete cascade,
  foreign key (workspace_id, group_id) references groups on delete cascade,
  foreign key (workspace_id, role_id) references roles on delete cascade
);
--> statement-breakpoint
create unique index grants_of_user on grants (workspace_id, user_id, role_id)
  where user_id is not null;
--> statement-breakpoint
create unique index grants_of_group on grants (workspace_id, group_id, role_id)
  where group_id is not null;
--> statement-breakpoint
insert into grants (workspace_id, id, group_id, role_id)
  select workspace_id, gen_random_uuid(), group_id, role_id from group_roles;
--> statement-breakpoint
drop table group_roles;
--> statement-breakpoint
create index group_members_of_user on group_members (workspace_id, user_id);
--> statement-breakpoint

-- Permissions beside those of the program and of bundles; rules ask for them as `site:name`.
create table site_permissions (
  workspace_id uuid not null references workspaces,
  name text not null check (name ~ '^site:[a-z][a-z0-9_-]*$'),
  description text not null default '',
  created_by uuid,
  created_at timestamptz not null default now(),
  primary key (workspace_id, name)
);
--> statement-breakpoint
-- Rules of the operators' own about a bundle's command; they stay when the bundle is upgraded.
create table operator_rules (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  bundle text not null,
  command text not null,
  rule text not null,
  created_by uuid,
  created_at timestamptz not null default now(),
  primary key (workspace_id, id)
);
--> statement-breakpoint
create index operator_rules_of_command on operator_rules (workspace_id, bundle, command);
--> statement-breakpoint

-- By a key that is not in the database: what somebody writes here by hand does not run.
alter table bundles add column mac bytea;
--> statement-breakpoint

-- Each start of an execution. Offers that came to nothing are in the audit alone.
create table attempts (
  workspace_id uuid not null,
  execution_id uuid not null,
  attempt integer not null,
  relay_id uuid not null,
  epoch text not null,
  started_at timestamptz not null default now(),
  outcome text,
  ended_at timestamptz,
  primary key (workspace_id, execution_id, attempt),
  foreign key (workspace_id, execution_id) references executions,
  check ((ended_at is null) = (outcome is null))
);
--> statement-breakpoint
alter table executions no force row level security;
--> statement-breakpoint
insert into attempts (workspace_id, execution_id, attempt, relay_id, epoch, started_at, outcome,
    ended_at)
  select workspace_id, id, attempt, relay_id, epoch, started_at,
    case when ended_at is not null then state end, ended_at
  from executions where started_at is not null and relay_id is not null and epoch is not null;
--> statement-breakpoint
alter table executions force row level security;
--> statement-breakpoint

-- Without row-level security: bots share these across workspaces.
-- Who does what only one bot should do. By the database's clock; a holder that is stopped loses it.
create table leases (
  name text primary key,
  owner text not null,
  -- Grows with each change of owner: what was begun under an older number is refused.
  number bigint not null default 1,
  expires_at timestamptz not null
);
--> statement-breakpoint

-- Events for whoever subscribes, committed with the change they tell of, and sent afterwards.
create table outbox (
  workspace_id uuid not null references workspaces,
  id uuid not null,
  topic text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  primary key (workspace_id, id)
);
--> statement-breakpoint
create index outbox_unsent on outbox (workspace_id, id) where sent_at is null;
--> statement-breakpoint

do $$
declare t text;
begin
  foreach t in array array['grants', 'site_permissions', 'operator_rules', 'attempts', 'outbox'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy workspace on %I using (workspace_id = current_workspace())
      with check (workspace_id = current_workspace())', t);
  end loop;
  foreach t in array array['grants', 'site_permissions', 'operator_rules'] loop
    execute format('create trigger %I_access after insert or update or delete on %I
      for each row execute function bump_access_version()', t, t);
  end loop;
end $$;
--> statement-breakpoint
grant select, insert, update, delete on grants, site_permissions, operator_rules, leases to aldis_app;
--> statement-breakpoint
grant select, insert on attempts, outbox to aldis_app;
--> statement-breakpoint
grant update (outcome, ended_at) on attempts to aldis_app;
--> statement-breakpoint
grant update (sent_at) on outbox to aldis_app;
