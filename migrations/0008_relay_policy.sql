-- What a workspace asks of every relay that takes its work, and why an execution waits.

create table relay_policies (
  workspace_id uuid not null references workspaces,
  -- Empty: for every bundle.
  bundle text not null default '',
  -- A selector in its text form; an execution's own is merged with it.
  selector text not null check (selector <> ''),
  changed_by uuid,
  changed_at timestamptz not null default now(),
  primary key (workspace_id, bundle)
);
--> statement-breakpoint
alter table relay_policies enable row level security;
--> statement-breakpoint
alter table relay_policies force row level security;
--> statement-breakpoint
create policy workspace on relay_policies using (workspace_id = current_workspace())
  with check (workspace_id = current_workspace());
--> statement-breakpoint
-- A view that was read before the change decides nothing any more.
create trigger relay_policies_access after insert or update or delete on relay_policies
  for each row execute function bump_access_version();
--> statement-breakpoint
grant select, insert, update, delete on relay_policies to aldis_app;
--> statement-breakpoint

-- Keeps in its row why an execution waits: for lists, for whoever follows it, and for its end if no
-- relay takes it in time. No state changes, so that there is no event.
create function note_waiting(ws uuid, execution uuid, waiting_attempt integer, why text)
returns boolean language plpgsql as $$
begin
  perform set_config('aldis.workspace', ws::text, true);
  update executions set reason = why
    where workspace_id = ws and id = execution and state = 'queued' and attempt = waiting_attempt
      and reason is distinct from why;
  return found;
end $$;
