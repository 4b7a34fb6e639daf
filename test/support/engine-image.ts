import { createReadStream } from "node:fs";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { z } from "zod";

const Imported = z.object({ status: z.string().regex(/^sha256:[0-9a-f]{64}$/) });

/**
 * Makes an image of a tar, over an engine's socket; returns its id. `change` is one line of a
 * Dockerfile.
 */
export async function importImage(
  socketPath: string,
  tar: string,
  change?: string,
): Promise<string> {
  const query = new URLSearchParams({ fromSrc: "-", ...(change && { changes: change }) });
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = request({ socketPath, method: "POST", path: `/images/create?${query}` });
    sent.setHeader("host", "engine");
    sent.setHeader("content-type", "application/x-tar");
    sent.on("error", reject);
    sent.on("response", (response) => text(response).then(resolve, reject));
    pipeline(createReadStream(tar), sent).catch(reject);
  });
  const line = answer.trim().split("\n").at(-1) ?? "";
  return Imported.parse(JSON.parse(line)).status;
}
