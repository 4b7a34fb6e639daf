-- References that only repeat what is true already, and cost two fifths of an event: each took a
-- lock on the one row of the workspace, or looked up what the same function had just written.
-- Whose an event is, `append_event` checks, which alone may write events, their details and what is
-- to be linked; an invocation's workspace is that of its transaction, by its policy.
alter table audit_events drop constraint audit_events_workspace_id_fkey;
--> statement-breakpoint
alter table audit_unlinked drop constraint audit_unlinked_workspace_id_fkey;
--> statement-breakpoint
alter table audit_details drop constraint audit_details_workspace_id_event_id_fkey;
--> statement-breakpoint
alter table invocations drop constraint invocations_workspace_id_fkey;
