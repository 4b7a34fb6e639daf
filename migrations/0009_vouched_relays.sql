-- Whose a relay's keys and tags are is vouched for by a key that is not in the database.

alter table relays
  -- Over the relay's id, keys and tags; see bot/relays/vouched.ts.
  add column mac bytea,
  -- When its keys were last changed: the key before does not speak for what was permitted later.
  add column keys_changed_at timestamptz;
--> statement-breakpoint
-- Over name and tags, so that nobody invites a relay by writing a row.
alter table join_tokens add column mac bytea;
--> statement-breakpoint
-- The relays of before cannot be vouched for here. A bot does it once, at its first start after
-- this, and notes it: a row without a MAC is no relay from then on.
alter table workspaces add column relays_adopted_at timestamptz;
--> statement-breakpoint
alter table workspaces alter column relays_adopted_at set default now();
--> statement-breakpoint
create function keep_relays_adopted() returns trigger language plpgsql as $$
begin
  if old.relays_adopted_at is not null then
    raise exception 'the relays of a workspace are adopted once' using errcode = 'check_violation';
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger workspaces_relays_adopted before update of relays_adopted_at on workspaces
  for each row execute function keep_relays_adopted();
--> statement-breakpoint
grant update (relays_adopted_at) on workspaces to aldis_app;
--> statement-breakpoint

-- offered → started, and one more attempt on record. Who asks again speaks for it: the silence is
-- counted anew; and the permit is good for no longer than silence may last, so that nothing begins
-- that is called lost already.
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
    return jsonb_build_object('answer', 'granted', 'replyBot', e.bot_id,
      'goodForMs', e.lost_after_ms);
  end if;
  select * into e from executions where workspace_id = ws and id = execution;
  if not found then
    return jsonb_build_object('answer', 'no such execution');
  end if;
  if e.state = 'started' and e.attempt = claimed_attempt and e.relay_id = relay
    and e.epoch = relay_epoch then
    update executions set silent_since = null
      where workspace_id = ws and id = execution and silent_since is not null;
    return jsonb_build_object('answer', 'granted', 'replyBot', e.bot_id,
      'goodForMs', e.lost_after_ms);
  end if;
  if e.state in ('offered', 'started') then
    return jsonb_build_object('answer', 'offered to another');
  end if;
  return jsonb_build_object('answer', e.state);
end $$;
