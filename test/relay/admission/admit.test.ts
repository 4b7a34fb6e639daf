import assert from "node:assert/strict";
import { test } from "vitest";
import { admit, type RelayState } from "../../../relay/admission/admit.ts";
import { DEFAULT_POLICY } from "../../../relay/policy/policy.ts";
import { MAX_OFFER_BYTES, type Offered } from "../../../relay/wire/messages.ts";
import { anyRelay } from "../../../relay/wire/selector.ts";
import { specOf } from "../../support/scripted-bot.ts";

const relay: RelayState = {
  tags: { role: "web" },
  nativeBundles: ["demo"],
  policy: DEFAULT_POLICY,
  runtimes: ["native"],
  capacity: 2,
  running: 1,
  isDraining: false,
};

function offerOf(change: Partial<Offered["spec"]> = {}): Offered {
  return { attempt: 1, spec: specOf(["echo", "x"], change) };
}

const tagged = (role: string) => ({ ...anyRelay(), tags: { role: [role] } });

test.each<[string, Partial<Offered["spec"]>, Partial<RelayState>, number]>([
  ["a native command of a listed bundle", {}, {}, 1],
  ["the last one there is room for", {}, { running: 1, capacity: 2 }, 1],
  ["one whose selector names its tags", { selector: tagged("web") }, {}, 1],
  ["an offer of exactly the greatest size", {}, {}, MAX_OFFER_BYTES],
  ["a word of exactly the greatest length", { argv: ["x".repeat(65_536)] }, {}, 1],
])("takes %s", (_, spec, state, size) => {
  const admission = admit(offerOf(spec), size, { ...relay, ...state });

  assert.ok(admission.admitted);
  assert.equal(admission.runtime, "native");
});

test("takes a command with an image where an engine is", () => {
  const offer = offerOf({ native: false, bundle: "other", image: "web" });

  const admission = admit(offer, 1, { ...relay, runtimes: ["native", "podman"] });

  assert.ok(admission.admitted);
  assert.equal(admission.runtime, "podman");
});

test.each<[string, Partial<Offered["spec"]>, Partial<RelayState>, number, string, RegExp]>([
  ["while it drains", {}, { isDraining: true }, 1, "draining", /stopping/],
  ["without a journal", {}, { journalFault: "ENOSPC" }, 1, "disk", /journal/],
  ["too large an offer", {}, {}, MAX_OFFER_BYTES + 1, "too-large", /256 KiB/],
  ["too long a word", { argv: ["é".repeat(32_769)] }, {}, 1, "too-large", /64 KiB/],
  ["other tags", { selector: tagged("db") }, {}, 1, "selector", /tags/],
  ["a native command of another bundle", { bundle: "x" }, {}, 1, "native-not-allowed", /bundle x/],
  ["an image without an engine", { native: false }, {}, 1, "no-runtime", /engine/],
  ["more than it has room for", {}, { running: 2 }, 1, "capacity", /2 of 2/],
])("refuses %s", (_, spec, state, size, code, reason) => {
  const admission = admit(offerOf(spec), size, { ...relay, ...state });

  assert.ok(!admission.admitted);
  assert.equal(admission.code, code);
  assert.match(admission.reason, reason);
});

test.each<[string, Partial<Offered["spec"]>, string]>([
  ["a network", { network: "intranet" }, "network"],
  ["a mount", { mounts: ["site"] }, "mount"],
  ["a user", { user: "0:0" }, "user"],
  ["an image", { image: "" }, "image"],
])("refuses %s that its owner does not allow", (_, spec, code) => {
  const offer = offerOf({ native: false, image: "web", ...spec });

  const admission = admit(offer, 1, { ...relay, runtimes: ["docker"] });

  assert.ok(!admission.admitted);
  assert.equal(admission.code, code);
});

test("grants no more than its owner's limits", () => {
  const policy = { ...DEFAULT_POLICY, most: { timeoutMs: 5 } };

  const admission = admit(offerOf(), 1, { ...relay, policy });

  assert.ok(admission.admitted);
  assert.equal(admission.grant.limits.timeoutMs, 5);
});

test("lists no bundle by default", () => {
  const admission = admit(offerOf(), 1, { ...relay, nativeBundles: [] });

  assert.ok(!admission.admitted);
});
