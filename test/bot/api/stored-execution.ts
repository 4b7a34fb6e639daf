import { sql } from "drizzle-orm";
import { sqlExecutions } from "../../../bot/dispatch/sql-executions.ts";
import { encodeFrames, type OutputStream } from "../../../relay/wire/frames.ts";
import { uuidv7 } from "../../../relay/wire/ids.ts";
import { generateKeyPem, readSigningKey } from "../../../relay/wire/keys.ts";
import type { ResultStatus } from "../../../relay/wire/messages.ts";
import { outputDigestOf } from "../../../relay/wire/output-digest.ts";
import type { TestApi } from "./api-fixture.ts";

/** Plays the relay of one execution, straight on the database's own transitions. */
export async function storedExecution(api: TestApi, id: string) {
  const { store, workspaceId } = api;
  const rows = sqlExecutions(store);
  const relayId = uuidv7();
  const epoch = "epoch-1";
  const { publicJwk } = readSigningKey(generateKeyPem("ed25519"));
  await store.inWorkspace(workspaceId, (db) =>
    db.execute(sql`insert into relays (workspace_id, id, name, hostname, signing_key, sealing_key, epoch)
      values (${workspaceId}, ${relayId}, ${`relay-${relayId}`}, 'here', ${JSON.stringify(publicJwk)},
        ${JSON.stringify(publicJwk)}, ${epoch})`),
  );
  let attempt = 1;
  let written = Buffer.alloc(0);
  const key = () => ({ workspaceId, executionId: id, attempt });

  return {
    id,
    /** How many bytes of frames there are. */
    offset: () => written.length,
    async start() {
      await rows.offer(key(), { relayId, epoch, botId: "test-bot" });
      await rows.start(key(), { relayId, epoch });
    },
    /** Offered, refused: the next attempt. */
    async refuse() {
      await rows.offer(key(), { relayId, epoch, botId: "test-bot" });
      attempt = (await rows.requeue(key(), "refused")) ?? attempt;
    },
    async print(stream: OutputStream, ...pieces: (string | Buffer)[]) {
      const frames = Buffer.concat(pieces.map((piece) => encodeFrames(stream, Buffer.from(piece))));
      await rows.storeOutput(key(), relayId, written.length, frames);
      written = Buffer.concat([written, frames]);
    },
    async end(status: ResultStatus, exitCode = 0) {
      const result = {
        version: 1 as const,
        executionId: id,
        attempt,
        epoch,
        status,
        exitCode,
        endedAt: new Date().toISOString(),
        durationMs: 5,
        outputLength: written.length,
        outputDigest: outputDigestOf(written),
        outputCut: false,
      };
      await rows.settle(workspaceId, relayId, result, "signed");
    },
  };
}
