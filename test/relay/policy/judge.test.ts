import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { judge } from "../../../relay/policy/judge.ts";
import { loadPolicy } from "../../../relay/policy/load.ts";
import { DEFAULT_POLICY, type Policy } from "../../../relay/policy/policy.ts";
import type { ExecutionSpec } from "../../../relay/wire/messages.ts";
import { specOf } from "../../support/scripted-bot.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const IMAGE = `registry.example.com/ops/web:1.4@${DIGEST}`;

const policy = policyOf(`
networks: { intranet: aldis_net }
mounts: { site: { source: /srv/site, target: /site, read_only: false } }
users: ["65534:65534", "2000-2999:100", "7:7-9"]
images: ["registry.example.com/ops/*", alpine, "quay.io/x/y:1", "ghcr.io/x/y@${DIGEST}"]
limits: { memory: 64Mi, timeout: 1m }
`);

function policyOf(body: string): Policy {
  const loaded = loadPolicy(`aldis_relay_policy_version: 1${body}`, "policy.yaml");
  if (!loaded.ok) throw new Error(loaded.errors.join("\n"));
  return loaded.policy;
}

function asked(change: Partial<ExecutionSpec> = {}): ExecutionSpec {
  return specOf(["x"], { native: false, image: IMAGE, ...change });
}

describe("what is named", () => {
  test("is given in the engine's terms", () => {
    const spec = asked({ network: "intranet", mounts: ["site", "site"], user: "2500:0100" });

    const judgement = judge(spec, policy);

    assert.ok(judgement.allowed);
    const { network, mounts, user } = judgement.grant;
    assert.deepEqual([network, user], ["aldis_net", "2500:100"]);
    assert.deepEqual(mounts, [{ source: "/srv/site", target: "/site", readOnly: false }]);
  });

  test("is the least where nothing is asked for", () => {
    const judgement = judge(asked({ user: undefined }), DEFAULT_POLICY);

    assert.ok(judgement.allowed);
    const { network, mounts, user } = judgement.grant;
    assert.deepEqual([network, mounts, user], ["none", [], "65534:65534"]);
  });
});

describe("what is not named is refused, and allowed once it is", () => {
  test.each<[string, Partial<ExecutionSpec>, string, RegExp]>([
    [
      "network",
      { network: "intranet" },
      "networks: { intranet: x }",
      /no network intranet; add it to "networks"/,
    ],
    ["network", { network: "host" }, "networks: { host: host }", /no network host/],
    ["network", { network: "toString" }, "networks: { intranet: x }", /no network toString/],
    [
      "mount",
      { mounts: ["site"] },
      "mounts: { site: { source: /a, target: /b } }",
      /no mount site; add it to "mounts"/,
    ],
    ["user", { user: "0:0" }, "users: ['0:0']", /nothing run as 0:0; add it to "users"/],
    ["user", { user: "65534:0" }, "users: ['65534:0']", /65534:0/],
    ["user", { user: "0:65534" }, "users: ['0:65534']", /0:65534/],
  ])("%s: %j", (code, change, body, reason) => {
    const refused = judge(asked(change), DEFAULT_POLICY);
    const allowed = judge(asked(change), policyOf(`\n${body}`));

    assert.ok(!refused.allowed);
    assert.equal(refused.code, code);
    assert.match(refused.reason, reason);
    assert.match(refused.reason, /relay\.policy_file/);
    assert.equal(allowed.allowed, !Object.values(change).includes("toString"));
  });
});

describe("users", () => {
  test.each<[string, boolean]>([
    ["65534:65534", true],
    ["2000:100", true],
    ["2999:100", true],
    ["7:8", true],
    ["1999:100", false],
    ["3000:100", false],
    ["2000:101", false],
    ["7:10", false],
    ["65534", false],
    ["65534:65534:0", false],
    ["2000-2001:100", false],
    ["root:root", false],
    ["2000:100 ", false],
    ["4294969296:100", false],
    ["", false],
  ])("%j: %s", (user, isAllowed) => {
    const judgement = judge(asked({ user }), policy);

    assert.equal(judgement.allowed, isAllowed);
  });
});

describe("images", () => {
  test.each<[string, boolean]>([
    ["registry.example.com/ops/web", true],
    ["registry.example.com/ops/deep/web:2", true],
    ["Registry.Example.com/ops/web", true],
    ["alpine:3", true],
    ["docker.io/library/alpine", true],
    ["index.docker.io/library/alpine", true],
    [`alpine@${DIGEST}`, true],
    ["quay.io/x/y:1", true],
    [`ghcr.io/x/y:9@${DIGEST}`, true],
    ["registry.example.com/ops", false],
    ["registry.example.com/ops-evil/web", false],
    ["registry.example.com.evil.net/ops/web", false],
    ["registry.example.com:8443/ops/web", false],
    ["evil.net/registry.example.com/ops/web", false],
    ["evil.net/alpine", false],
    ["someone/alpine", false],
    ["quay.io/x/y:2", false],
    ["quay.io/x/y", false],
    ["ghcr.io/x/y", false],
    ["registry.example.com/ops/../web", false],
    ["registry.example.com//ops/web", false],
    ["registry.example.com/ops/web:1:2", false],
    ["registry.example.com/ops/web@sha256:1", false],
    [DIGEST, false],
    ["", false],
  ])("%s: %s", (image, isAllowed) => {
    const judgement = judge(asked({ image }), policy);

    assert.equal(judgement.allowed, isAllowed);
    if (!judgement.allowed) assert.equal(judgement.code, "image");
  });

  test("any is any, but has to be one", () => {
    const [one, none] = [asked({ image: "evil.net/x" }), asked({ image: "-x" })];
    const byId = asked({ image: DIGEST });

    assert.ok(judge(one, DEFAULT_POLICY).allowed);
    assert.ok(judge(byId, DEFAULT_POLICY).allowed);
    assert.ok(!judge(none, DEFAULT_POLICY).allowed);
  });
});

describe("limits", () => {
  test("above the owner's are lowered and named; others stay", () => {
    const limits = { ...asked().limits, memoryBytes: 2 ** 30, timeoutMs: 30_000, pids: 7 };

    const judgement = judge(asked({ limits }), policy);

    assert.ok(judgement.allowed);
    assert.deepEqual(judgement.grant.limits, { ...limits, memoryBytes: 64 * 2 ** 20 });
    assert.deepEqual(judgement.grant.lowered, ["memoryBytes"]);
  });

  test("bind native commands too, which have nothing else to refuse", () => {
    const limits = { ...asked().limits, timeoutMs: 3_600_000 };

    const judgement = judge(asked({ native: true, limits, network: "x", mounts: ["y"] }), policy);

    assert.ok(judgement.allowed);
    assert.deepEqual(judgement.grant.limits.timeoutMs, 60_000);
    assert.deepEqual([judgement.grant.network, judgement.grant.mounts], ["none", []]);
  });
});
