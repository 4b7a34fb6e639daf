import type { z } from "zod";

/** What a route answers. */
export interface Reply {
  status: number;
  /** Absent for 204, which has no content type either. */
  body?: unknown;
}

/** An answer that says no, thrown by whatever finds the reason. */
export class Refusal extends Error {
  readonly reply: Reply;

  constructor(status: number, code: number, message: string, errors?: unknown) {
    super(message);
    this.reply = { status, body: { code, message, ...(errors !== undefined && { errors }) } };
  }
}

export const missingAccess = () => new Refusal(403, 50001, "Missing Access");
export const missingPermissions = () => new Refusal(403, 50013, "Missing Permissions");
export const unknownChannel = () => new Refusal(404, 10003, "Unknown Channel");
export const unknownMessage = () => new Refusal(404, 10008, "Unknown Message");
export const unknownInteraction = () => new Refusal(404, 10062, "Unknown interaction");
export const unknownWebhook = () => new Refusal(404, 10015, "Unknown Webhook");
export const emptyMessage = () => new Refusal(400, 50006, "Cannot send an empty message");
export const cannotMessageUser = () => new Refusal(403, 50007, "Cannot send messages to this user");
export const notTheAuthor = () =>
  new Refusal(403, 50005, "Cannot edit a message authored by another user");
export const tokenExpired = () => new Refusal(401, 50027, "Invalid Webhook Token");
export const acknowledged = () =>
  new Refusal(400, 40060, "Interaction has already been acknowledged.");
export const tooLarge = () => new Refusal(413, 40005, "Request entity too large");
export const threadExists = () =>
  new Refusal(400, 160004, "A thread has already been created for this message");

/** The value, or the refusal that names each wrong field by its path. */
export function readForm<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const errors = {};
  for (const { path, code, message } of read.error.issues) {
    addError(errors, path, { code: code.toUpperCase(), message });
  }
  throw new Refusal(400, 50035, "Invalid Form Body", errors);
}

function addError(tree: Record<string, unknown>, path: readonly PropertyKey[], error: object) {
  const [first, ...rest] = path;
  const key = first === undefined ? "_errors" : String(first);
  if (first === undefined) {
    const before = tree[key];
    tree[key] = [...(Array.isArray(before) ? before : []), error];
    return;
  }
  const next: Record<string, unknown> = { ...asRecord(tree[key]) };
  addError(next, rest, error);
  tree[key] = next;
}

function asRecord(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
