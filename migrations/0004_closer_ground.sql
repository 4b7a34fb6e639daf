-- A trigger function that runs with its owner's rights is nobody's to put on a table of their own.
revoke execute on function bump_access_version() from public;
--> statement-breakpoint

-- Lists, newest first: of a workspace, of what is open, of what one user asked for.
create index executions_recent on executions (workspace_id, queued_at desc);
--> statement-breakpoint
create index executions_unended on executions (workspace_id, queued_at desc) where ended_at is null;
--> statement-breakpoint
create index invocations_of_user on invocations (workspace_id, user_id, requested_at desc);
