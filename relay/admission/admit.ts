/**
 * Where a relay refuses: what it makes of an offer that is certainly a bot's, before it claims it.
 * Forged, altered, expired and misdirected offers never get here; see relay/agent/trust.ts.
 */
import type { ImageState } from "../images/images.ts";
import { type Grant, judge, type PolicyRefusalCode } from "../policy/judge.ts";
import type { Policy } from "../policy/policy.ts";
import { MAX_OFFER_BYTES, MAX_WORD_BYTES, type Offered } from "../wire/messages.ts";
import { matches, type Tags } from "../wire/selector.ts";

export interface RelayState {
  tags: Tags;
  /** Bundles whose native commands this relay's owner lets run as processes of the host. */
  nativeBundles: readonly string[];
  /** What its owner lets containers have. */
  policy: Policy;
  /** What is known of an image at this moment; without it, an image is left to the engine. */
  imageOf?(image: string): ImageState;
  /** The runtimes that are here: `native`, `docker`, `podman`. */
  runtimes: readonly string[];
  capacity: number;
  running: number;
  isDraining: boolean;
  /** Why the journal cannot be written now; nothing starts unrecorded. */
  journalFault?: string | undefined;
}

export type Admission =
  /** By its id the engine cannot take another image than the one that was offered. */
  | { admitted: true; runtime: string; grant: Grant; imageId?: string }
  | { admitted: false; code: RefusalCode; reason: string };

export type RefusalCode =
  | "draining"
  | "disk"
  | "too-large"
  | "selector"
  | "native-not-allowed"
  | "no-runtime"
  | PolicyRefusalCode
  | "image-pull"
  | "image-failed"
  | "capacity";

/** The reason is a line that the person who typed the command gets to see. */
export function admit(offer: Offered, sizeBytes: number, relay: RelayState): Admission {
  const { bundle, native, selector } = offer.spec;
  if (relay.isDraining) return refuse("draining", "the relay is stopping");
  if (relay.journalFault !== undefined) {
    return refuse("disk", "the relay cannot write its journal; its owner has to look at the disk");
  }
  if (sizeBytes > MAX_OFFER_BYTES) {
    return refuse("too-large", "the command is too long: a relay takes 256 KiB in all");
  }
  if (offer.spec.argv.some((word) => Buffer.byteLength(word) > MAX_WORD_BYTES)) {
    return refuse("too-large", "a word of the command is too long: a relay takes 64 KiB each");
  }
  if (!matches(selector, relay.tags)) {
    return refuse("selector", "the relay does not carry the tags that the command asks for");
  }
  if (native && !relay.nativeBundles.includes(bundle)) {
    const advice = `add "${bundle}" to relay.native in the relay's configuration to allow it`;
    return refuse(
      "native-not-allowed",
      `the relay's owner does not let bundle ${bundle} run outside a container; ${advice}`,
    );
  }
  const runtime = relay.runtimes.find((name) => (name === "native") === native);
  if (runtime === undefined) {
    return refuse("no-runtime", "the relay has no container engine, and the command needs one");
  }
  const judgement = judge(offer.spec, relay.policy);
  if (!judgement.allowed) return refuse(judgement.code, judgement.reason);
  const image = offer.spec.native ? undefined : relay.imageOf?.(offer.spec.image ?? "");
  if (image?.kind === "failed") return refuse("image-failed", image.reason);
  if (image?.kind === "coming") return refuse("image-pull", `the relay is ${image.said}`);
  if (relay.running >= relay.capacity) {
    return refuse(
      "capacity",
      `the relay is busy: ${relay.running} of ${relay.capacity} are running`,
    );
  }
  return { admitted: true, runtime, grant: judgement.grant, ...(image && { imageId: image.id }) };
}

function refuse(code: RefusalCode, reason: string): Admission {
  return { admitted: false, code, reason };
}
