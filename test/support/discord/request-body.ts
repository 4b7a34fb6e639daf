import type { IncomingMessage } from "node:http";
import { LIMITS } from "./limits.ts";
import type { File } from "./message-form.ts";
import { Refusal, tooLarge } from "./refusal.ts";

export interface RequestBody {
  json: unknown;
  files: readonly File[];
}

/** JSON, or a form of one `payload_json` and files. */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("multipart/form-data")) return readMultipart(bytes, type);
  if (bytes.length === 0) return { json: undefined, files: [] };
  return { json: parse(bytes.toString("utf8")), files: [] };
}

async function readMultipart(bytes: Buffer, type: string): Promise<RequestBody> {
  const headers = { "content-type": type };
  const form = await new Response(new Uint8Array(bytes), { headers }).formData();
  const payload = form.get("payload_json");
  const files: File[] = [];
  for (const [, value] of form) {
    if (typeof value === "string") continue;
    files.push({ name: value.name, bytes: Buffer.from(await value.arrayBuffer()) });
  }
  if (files.some((file) => file.bytes.length > LIMITS.fileBytes.is)) throw tooLarge();
  return { json: typeof payload === "string" ? parse(payload) : {}, files };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 50109, "The request body contains invalid JSON.");
  }
}
