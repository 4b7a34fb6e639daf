-- Beside the rows of the schemas before, what the third has added.
insert into grants (workspace_id, id, user_id, role_id, expires_at, reason)
  select id, '00000000-0000-7000-8000-000000000021', '00000000-0000-7000-8000-000000000001',
    '00000000-0000-7000-8000-000000000003', '2030-01-01Z', 'on call'
  from workspaces;
insert into site_permissions (workspace_id, name) select id, 'site:deploy' from workspaces;
insert into operator_rules (workspace_id, id, bundle, command, rule)
  select id, '00000000-0000-7000-8000-000000000022', 'web', 'deploy', 'allow' from workspaces;
insert into leases (name, owner, expires_at) values ('l', 'bot', '2026-01-01Z');
insert into outbox (workspace_id, id, topic, payload)
  select id, '00000000-0000-7000-8000-000000000023', 't', '{}' from workspaces;
update users set email = 'ada@example.com', labels = '{"team": "ops"}';
