import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { emptyMessage, readForm } from "./refusal.ts";

const Button = z.object({
  type: z.literal(2),
  style: z.int().min(1).max(6),
  label: z.string().max(LIMITS.buttonLabelCharacters.is).optional(),
  custom_id: z.string().min(1).max(LIMITS.customIdCharacters.is).optional(),
  disabled: z.boolean().optional(),
});

const Row = z.object({
  type: z.literal(1),
  components: z.array(Button).min(1).max(LIMITS.buttonsPerRow.is),
});

const AllowedMentions = z.object({
  parse: z.array(z.enum(["roles", "users", "everyone"])).optional(),
  users: z.array(z.string()).optional(),
  roles: z.array(z.string()).optional(),
  replied_user: z.boolean().optional(),
});

const MessageForm = z.object({
  content: z.string().max(LIMITS.contentCharacters.is).nullish(),
  nonce: z.union([z.string().max(LIMITS.nonceCharacters.is), z.int()]).optional(),
  enforce_nonce: z.boolean().optional(),
  embeds: z.array(z.unknown()).max(LIMITS.embeds.is).optional(),
  allowed_mentions: AllowedMentions.nullish(),
  components: z
    .array(Row)
    .max(LIMITS.actionRows.is)
    .refine(hasDistinctIds, "Component custom id cannot be duplicated")
    .optional(),
  flags: z.int().optional(),
  message_reference: z
    .object({ message_id: z.string(), fail_if_not_exists: z.boolean().optional() })
    .optional(),
  attachments: z
    .array(z.object({ id: z.union([z.string(), z.int()]), filename: z.string().optional() }))
    .optional(),
});
export type MessageForm = z.infer<typeof MessageForm>;

export interface File {
  name: string;
  bytes: Buffer;
}

/** What a message is made of; refused as Discord refuses it. */
export function readMessageForm(body: unknown, files: readonly File[]): MessageForm {
  const form = readForm(MessageForm, body);
  if (files.length > LIMITS.files.is) throw emptyMessage();
  const hasContent = (form.content ?? "").trim() !== "";
  const isEmpty = !hasContent && !form.embeds?.length && files.length === 0;
  if (isEmpty && !form.components?.length) throw emptyMessage();
  return form;
}

/** For an edit everything may stay as it was. */
export function readEditForm(body: unknown): MessageForm {
  return readForm(MessageForm, body);
}

function hasDistinctIds(rows: readonly z.infer<typeof Row>[]): boolean {
  const ids = rows.flatMap(({ components }) => components.flatMap((each) => each.custom_id ?? []));
  return new Set(ids).size === ids.length;
}

/** Whom a message calls: users by id, roles with `&`, and `@everyone`. */
export function pingsOf({ content, allowed_mentions: allowed }: MessageForm): string[] {
  const text = content ?? "";
  const may = (kind: "roles" | "users" | "everyone") =>
    !allowed || (allowed.parse ?? []).includes(kind);
  const users = [...text.matchAll(/<@!?(\d+)>/g)].map(([, id]) => id ?? "");
  const roles = [...text.matchAll(/<@&(\d+)>/g)].map(([, id]) => `&${id}`);
  const everyone = text.match(/@(everyone|here)/g) ?? [];
  return [
    ...(may("users") ? users : users.filter((id) => allowed?.users?.includes(id))),
    ...(may("roles") ? roles : []),
    ...(may("everyone") ? everyone : []),
  ];
}
