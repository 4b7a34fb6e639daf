-- What becomes of a relay after it has joined: suspended, removed, or with new keys.

alter table relays
  -- The public key of its NATS user; what the server is told to refuse once the relay is removed.
  add column nats_user text,
  add column removed_at timestamptz,
  -- When the NATS server was told so; until then it is told again.
  add column nats_revoked_at timestamptz,
  -- The key before the present one still counts for what was signed before the change.
  add column previous_signing_key jsonb,
  add column previous_signing_key_until timestamptz,
  drop constraint relays_workspace_id_name_key;
--> statement-breakpoint
-- The name of a removed relay may be used again.
create unique index relays_name on relays (workspace_id, name) where state <> 'removed';
