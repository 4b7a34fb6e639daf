import type { Images } from "../images/images.ts";
import { judgeImage } from "../policy/judge.ts";
import { DEFAULT_POLICY, type Policy } from "../policy/policy.ts";
import type { ImageAnswer, Refusal } from "../wire/messages.ts";

/** For so long the bot listens anyway; a longer pull is asked after again. */
const WAIT_MS = 3_000;

/** Which bytes an image's name means here; what the owner does not let run is not pulled either. */
export async function answerImage(
  { image, nonce }: { image: string; nonce: string },
  { images, policy = DEFAULT_POLICY }: { images?: Images; policy?: Policy },
): Promise<Omit<ImageAnswer, "version">> {
  const refuse = (refusal: Refusal) => ({ nonce, refusal });
  const objection = judgeImage(image, policy);
  if (objection !== undefined) return refuse({ code: "image", reason: objection });
  if (!images) return refuse({ code: "no-runtime", reason: "the relay has no container engine" });
  const state = await images.resolve(image, WAIT_MS);
  if (state.kind === "here") return { nonce, digest: state.digest };
  if (state.kind === "coming") return { nonce, pending: state.said };
  return refuse({ code: "image-failed", reason: state.reason });
}
