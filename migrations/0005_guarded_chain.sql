-- Events and links are written by these functions alone, with the rights of their owner: whoever
-- logs in as the bot appends events, and can neither put in others nor touch a link or a head.
-- Where the owner is a superuser no policy binds it, so each statement names the workspace.

-- Appends one event: `fields` as they stand in the body, and the detail beside it. Returns its id.
create function append_event(ws uuid, fields jsonb, detail text) returns uuid
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  event_id constant uuid := coalesce((fields->>'id')::uuid, new_id());
  now_at constant timestamptz := clock_timestamp();
  salt constant bytea := uuid_send(gen_random_uuid());
  digest constant bytea := sha256(salt || convert_to(detail, 'UTF8'));
begin
  if ws is distinct from current_workspace() then
    raise insufficient_privilege using message = 'an event belongs to the workspace of its transaction';
  end if;
  insert into audit_events (workspace_id, id, body, at, kind, method, actor_id, on_behalf_of,
    channel, invocation_id, execution_id, attempt, relay_id, bundle, bundle_version, command,
    image, object, outcome, exit_code, trace_id, detail_digest)
  values (ws, event_id,
    (jsonb_strip_nulls(fields) || jsonb_build_object('v', 1, 'workspace', ws, 'id', event_id,
      'at', utc_text(now_at), 'detail', encode(digest, 'hex')))::text::json,
    now_at, fields->>'kind', fields->>'method', (fields->>'actor')::uuid,
    (fields->>'onBehalfOf')::uuid, fields->>'channel', (fields->>'invocation')::uuid,
    (fields->>'execution')::uuid, (fields->>'attempt')::integer, (fields->>'relay')::uuid,
    fields->>'bundle', fields->>'version', fields->>'command', fields->>'image',
    fields->>'object', fields->>'outcome', (fields->>'exitCode')::integer, fields->>'trace', digest);
  insert into audit_details (workspace_id, event_id, salt, detail)
    values (ws, event_id, salt, detail);
  insert into audit_unlinked (workspace_id, event_id) values (ws, event_id);
  return event_id;
end $$;
--> statement-breakpoint

-- Links what has been committed since, in the order of its ids, if this bot holds the lease or
-- nobody does. Returns the newest link, how many were made, events that were removed before they
-- were linked, the stored head, and the hash of link `known_number`; `holds` is false where
-- another bot links, and `waitMs` then says when its lease ends unless it links again. Where the
-- newest link does not stand on the one before, `gap` is true and nothing is linked.
create function link_events(
  ws uuid, sequencer text, lease_ms integer, most integer, known_number bigint default 0
) returns jsonb
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1s' as $$
declare
  -- The largest number that every reader of JSON takes for what it is.
  largest constant bigint := 9007199254740991;
  holds boolean := true;
  gap boolean;
  waits boolean;
  head_number bigint;
  head_hash bytea;
  numbers bigint[] := '{}';
  ids uuid[] := '{}';
  hashes bytea[] := '{}';
  missing uuid[] := '{}';
  event record;
begin
  perform set_config('aldis.workspace', ws::text, true);
  waits := exists (select from audit_unlinked where workspace_id = ws);
  if waits then
    -- A lease that ends later than any bot asks for was not taken by one.
    insert into leases as l (name, owner, expires_at)
      values ('audit-chain ' || ws, sequencer, clock_timestamp() + lease_ms * interval '1 millisecond')
      on conflict (name) do update set owner = excluded.owner, expires_at = excluded.expires_at,
        number = least(l.number, largest) + (l.owner <> excluded.owner)::int
      where l.owner = excluded.owner or l.expires_at < clock_timestamp()
        or l.expires_at > clock_timestamp() + 2 * lease_ms * interval '1 millisecond';
    holds := found;
  end if;
  select number, hash into head_number, head_hash from audit_chain
    where workspace_id = ws order by number desc limit 1;
  head_number := coalesce(head_number, 0);
  head_hash := coalesce(head_hash, sha256(convert_to('aldis audit chain 1 ' || ws, 'UTF8')));
  gap := head_number >= largest or head_number > 1 and not exists (select from audit_chain
    where workspace_id = ws and number = head_number - 1);
  if waits and holds and not gap then
    for event in
      with taken as (
        -- An array, so that a long queue is not read through for each batch.
        delete from audit_unlinked u where u.workspace_id = ws and u.event_id = any (array(
          select event_id from audit_unlinked where workspace_id = ws order by event_id limit most
          for update skip locked))
        returning u.event_id)
      select t.event_id as id, a.body::text as body, exists (select from audit_chain c
          where c.workspace_id = ws and c.event_id = t.event_id) as is_linked
        from taken t
        left join audit_events a on a.workspace_id = ws and a.id = t.event_id order by t.event_id
    loop
      if event.is_linked then
        continue;
      end if;
      if event.body is null then
        missing := missing || event.id;
        continue;
      end if;
      head_number := head_number + 1;
      head_hash := sha256(head_hash || int8send(head_number)
        || sha256(convert_to(event.body, 'UTF8')));
      numbers := numbers || head_number;
      ids := ids || event.id;
      hashes := hashes || head_hash;
    end loop;
    insert into audit_chain (workspace_id, number, event_id, hash)
      select ws, n, i, h from unnest(numbers, ids, hashes) as link (n, i, h);
  end if;
  return (select jsonb_build_object('holds', holds, 'gap', gap,
      'number', least(head_number, largest), 'hash', encode(head_hash, 'hex'),
      'linked', cardinality(ids), 'missing', missing,
      'signedNumber', least(coalesce(h.number, 0), largest), 'signedHash', encode(h.hash, 'hex'),
      'signed', h.jws,
      'knownHash', (select encode(hash, 'hex') from audit_chain
        where workspace_id = ws and number = known_number),
      'waitMs', case when not holds then (select greatest(0,
        ceil(extract(epoch from expires_at - clock_timestamp()) * 1000))::integer
        from leases where name = 'audit-chain ' || ws) end)
    from (select) one left join audit_heads h on h.workspace_id = ws);
end $$;
--> statement-breakpoint

-- Keeps the newest signed head. An older one changes nothing, unless what is kept is no link of the
-- chain; one that is no link itself is refused.
create function keep_head(ws uuid, head_number bigint, head_hash bytea, signed text)
returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1s' as $$
begin
  perform set_config('aldis.workspace', ws::text, true);
  if not exists (select from audit_chain
    where workspace_id = ws and number = head_number and hash = head_hash) then
    return false;
  end if;
  insert into audit_heads as h (workspace_id, number, hash, jws)
    values (ws, head_number, head_hash, signed)
    on conflict (workspace_id) do update set number = excluded.number, hash = excluded.hash,
      jws = excluded.jws, signed_at = clock_timestamp()
    where h.number <= excluded.number or not exists (select from audit_chain c
      where c.workspace_id = ws and c.number = h.number and c.hash = h.hash);
  return found;
end $$;
--> statement-breakpoint

-- Why a detail was erased stays on record.
create function refuse_erasing_of_reason() returns trigger language plpgsql as $$
begin
  if exists (select from audit_events where workspace_id = old.workspace_id and id = old.event_id
    and kind = 'audit.detail-erased') then
    raise insufficient_privilege using message = 'the reason of an erasing cannot be erased';
  end if;
  return old;
end $$;
--> statement-breakpoint
create trigger audit_details_keep_reasons before delete on audit_details
  for each row execute function refuse_erasing_of_reason();
--> statement-breakpoint

revoke execute on function append_event(uuid, jsonb, text),
  link_events(uuid, text, integer, integer, bigint), keep_head(uuid, bigint, bytea, text)
  from public;
--> statement-breakpoint
grant execute on function append_event(uuid, jsonb, text),
  link_events(uuid, text, integer, integer, bigint), keep_head(uuid, bigint, bytea, text)
  to aldis_app;
--> statement-breakpoint
revoke insert on audit_events, audit_details from aldis_app;
