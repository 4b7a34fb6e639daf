import assert from "node:assert/strict";
import { test } from "vitest";
import { answerImage } from "../../../relay/agent/answer-image.ts";
import type { ImageState, Images } from "../../../relay/images/images.ts";
import { DEFAULT_POLICY } from "../../../relay/policy/policy.ts";
import { fromBot, fromRelay, signAsBot } from "../../../relay/wire/envelope.ts";
import { startedRelay } from "../relay-under-test.ts";

const DIGEST = `sha256:${"d".repeat(64)}`;
const QUESTION = { image: "registry.example.com/web:1", nonce: "n" };

function imagesThat(state: ImageState): { images: Images; asked: string[] } {
  const asked: string[] = [];
  const resolve = async (image: string) => {
    asked.push(image);
    return state;
  };
  return { images: { resolve, look: () => state, stop() {} }, asked };
}

test.each<[string, ImageState, object]>([
  ["its digest", { kind: "here", id: "i", digest: DIGEST }, { digest: DIGEST }],
  ["how far it is", { kind: "coming", said: "pulling" }, { pending: "pulling" }],
  [
    "why not",
    { kind: "failed", reason: "gone" },
    { refusal: { code: "image-failed", reason: "gone" } },
  ],
])("tells of an image %s", async (_, state, expected) => {
  const { images } = imagesThat(state);

  const answer = await answerImage(QUESTION, { images });

  assert.deepEqual(answer, { nonce: "n", ...expected });
});

test("does not even look for what its owner does not let run", async () => {
  const { images, asked } = imagesThat({ kind: "here", id: "i", digest: DIGEST });
  const policy = { ...DEFAULT_POLICY, images: [] };

  const refused = await answerImage(QUESTION, { images, policy });
  const asked0 = [...asked];
  const allowed = await answerImage(QUESTION, { images });

  assert.equal(refused.refusal?.code, "image");
  assert.deepEqual([asked0, asked], [[], [QUESTION.image]]);
  assert.equal(allowed.digest, DIGEST);
});

test("a relay without an engine says so; a question counts once", async () => {
  const { bot, refusals } = await startedRelay();
  const question = await signAsBot(bot.key, fromBot.resolveImage, bot.addressing(), QUESTION);

  const answer = await bot.ask(question, fromRelay.imageAnswer);
  const again = bot.ask(question, fromRelay.imageAnswer).then(
    () => "answered",
    () => "silent",
  );

  assert.equal(answer.nonce, "n");
  assert.equal(answer.refusal?.code, "no-runtime");
  assert.equal(await again, "silent");
  assert.deepEqual(refusals().at(-1)?.reason, "replayed");
});
