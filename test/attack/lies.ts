import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { fromRelay, withBytes } from "../../relay/wire/envelope.ts";
import { encodeFrames } from "../../relay/wire/frames.ts";
import { downTo, upFrom } from "../../relay/wire/subjects.ts";
import { waitFor } from "../support/wait.ts";
import { signed } from "./relay-forgeries.ts";
import type { Stage } from "./stage.ts";

/** All that says of an attempt what its relay alone may say, signed by the attacker. */
export async function liesAbout({ mallory, bot }: Stage, about: object, epoch: string) {
  const { key } = mallory;
  const bytes = encodeFrames("stdout", Buffer.from("forged\n"));
  const digest = createHash("sha256").update(bytes).digest("base64url");
  const piece = { ...about, offset: 0, length: bytes.length, digest };
  const output = { outputLength: 0, outputDigest: "", outputCut: false };
  const end = { status: "failed", endedAt: new Date().toISOString(), durationMs: 1 };
  const relay = { program: "forged", tags: {}, capacity: 9, running: 0, runtimes: [] };
  const life = { epoch, number: 99_999, keyListNumber: 1, draining: true };
  const head = await signed(key, fromRelay.output.typ, piece);
  return {
    presence: await signed(key, fromRelay.presence.typ, { ...life, ...relay }),
    claim: await signed(key, fromRelay.claim.typ, { epoch, nonce: "n", claims: [about] }),
    result: await signed(key, fromRelay.result.typ, { ...about, epoch, ...end, ...output }),
    output: withBytes(head, bytes),
    [`output.${bot.dispatch.botId}`]: withBytes(head, bytes),
    [`reply.${bot.dispatch.botId}.x`]: await signed(key, fromRelay.offerAnswer.typ, {
      answers: [{ ...about, refusal: { code: "no", reason: "forged" } }],
    }),
  };
}

/** A command of the victim that has begun and ends by itself. */
export async function running(stage: Stage) {
  const talk = stage.say("!sleep 2");
  await waitFor(() => talk.states.includes("started"), { what: "a start" });
  const { executionId } = talk;
  assert.ok(executionId);
  const find = () => stage.bot.dispatch.executions.find(stage.bot.workspaceId, executionId);
  const epoch = (await find())?.epoch;
  assert.ok(epoch);
  return { talk, about: { executionId, attempt: 1 }, epoch, find };
}

/** The attacker's relay is a relay like any other: the bot has heard its present life. */
export async function live({ mallory, bot }: Stage, epoch: string): Promise<string> {
  const { connection, key, id } = mallory;
  connection.subscribe(downTo(id), {
    async callback(_, message) {
      const [, body = ""] = Buffer.from(message.data).toString("latin1").split(".");
      const { nonce } = JSON.parse(Buffer.from(body, "base64url").toString());
      if (nonce) {
        message.respond(await signed(key, fromRelay.challengeAnswer.typ, { nonce, epoch }));
      }
    },
  });
  await connection.flush();
  const relay = { program: "x", tags: {}, capacity: 0, running: 0, runtimes: [] };
  const life = { epoch, number: 1, keyListNumber: 1, draining: false };
  const said = await signed(key, fromRelay.presence.typ, { ...life, ...relay });
  connection.publish(upFrom(id, "presence"), said);
  await waitFor(() => bot.dispatch.registry.find(id)?.presence, { what: "the attacker's relay" });
  return epoch;
}
