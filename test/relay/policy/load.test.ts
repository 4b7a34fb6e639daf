import assert from "node:assert/strict";
import { test } from "vitest";
import { loadPolicy, openPolicy } from "../../../relay/policy/load.ts";
import { DEFAULT_POLICY } from "../../../relay/policy/policy.ts";

const HEAD = "aldis_relay_policy_version: 1\n";

function errorsOf(body: string, head = HEAD): readonly string[] {
  const loaded = loadPolicy(head + body, "policy.yaml");
  return loaded.ok ? [] : loaded.errors;
}

test("reads every key", () => {
  const loaded = loadPolicy(
    `${HEAD}networks: { intranet: aldis_net }
mounts:
  site: { source: /srv/site, target: /site, read_only: false }
  certs: { source: /etc/ssl/certs, target: /certs }
users: ["1000:100", "2000-2999:0"]
images: ["registry.example.com/ops/*"]
limits: { memory: 1Gi, cpus: 1.5, pids: 10, timeout: 5m, output: 1Mi, tmp: 2Mi }
`,
    "policy.yaml",
  );

  assert.ok(loaded.ok);
  assert.deepEqual(loaded.policy, {
    networks: new Map([["intranet", "aldis_net"]]),
    mounts: new Map([
      ["site", { source: "/srv/site", target: "/site", readOnly: false }],
      ["certs", { source: "/etc/ssl/certs", target: "/certs", readOnly: true }],
    ]),
    users: [
      { uids: { from: 1000, to: 1000 }, gids: { from: 100, to: 100 } },
      { uids: { from: 2000, to: 2999 }, gids: { from: 0, to: 0 } },
    ],
    images: [{ kind: "below", folder: "registry.example.com/ops/" }],
    most: {
      memoryBytes: 2 ** 30,
      cpus: 1.5,
      pids: 10,
      timeoutMs: 300_000,
      outputBytes: 2 ** 20,
      tmpBytes: 2 ** 21,
    },
  });
});

test("a file that names nothing allows what no file allows", async () => {
  const loaded = loadPolicy(HEAD, "policy.yaml");

  assert.ok(loaded.ok);
  assert.deepEqual(loaded.policy, DEFAULT_POLICY);
  assert.deepEqual(await openPolicy(undefined), DEFAULT_POLICY);
});

test.each<[string, RegExp]>([
  ["netwoks: {}", /^policy\.yaml:2:1: netwoks: is not a known key; did you mean networks\?$/],
  ["networks: { none: x }", /2:13: networks\.none: none is no network/],
  ["networks: { a: 'container:web' }", /2:13: networks\.a: write the name of a network/],
  ["networks: { A: x }", /2:13: networks\.A: a name starts with a small letter/],
  ["mounts: { a: { source: srv, target: /a } }", /2:16: mounts\.a\.source: write an absolute path/],
  ["mounts: { a: { source: /a/../b, target: /a } }", /mounts\.a\.source: write an absolute path/],
  ["mounts: { a: { source: /a/, target: /a } }", /mounts\.a\.source: write an absolute path/],
  ["mounts: { a: { source: /run/docker.sock, target: /a } }", /holds the engine's socket/],
  ["mounts: { a: { source: /var/run, target: /a } }", /holds the engine's socket/],
  ["mounts: { a: { source: /, target: /a } }", /holds the engine's socket/],
  ["mounts: { a: { source: /srv, target: / } }", /mounts\.a\.target: is the container's own/],
  ["mounts: { a: { source: /srv, target: /proc/1 } }", /mounts\.a\.target: is the container's own/],
  ["mounts: { a: { source: /srv } }", /mounts\.a\.target: is missing/],
  ["mounts: { a: { source: /srv, target: /a, readonly: true } }", /did you mean read_only\?/],
  ["users: [root]", /2:9: users\[0\]: write uid:gid in numbers/],
  ["users: ['9-1:1']", /users\[0\]: write uid:gid/],
  ["users: ['1:2147483648']", /users\[0\]: write uid:gid/],
  ["users: [1000]", /users\[0\]: should be text/],
  ["images: ['reg*']", /images\[0\]: write an image's name/],
  ["images: ['UPPER/x']", /images\[0\]: write an image's name/],
  ["limits: { memory: 1 GB }", /limits\.memory: expected a size/],
  ["limits: { memory: 0 }", /limits\.memory: write more than nothing/],
  ["limits: { timeout: 0 }", /limits\.timeout: /],
  ["limits: { cpu: 1 }", /limits\.cpu: is not a known key; did you mean cpus\?/],
  ["networks:", /networks: has no value/],
  ["users: [", /^policy\.yaml:\d+:\d+: /],
  ["limits: {}\nlimits: {}", /^policy\.yaml:3:1: Map keys must be unique$/],
])("objects to %s", (body, expected) => {
  const errors = errorsOf(body);

  assert.equal(errors.length, 1, errors.join("\n"));
  assert.match(errors[0] ?? "", expected);
});

test("says all that is wrong, in the order of the file", () => {
  const errors = errorsOf("limits: { pids: 0, cpus: -1 }\nusers: [x]\nimages: [y, '@']\n");

  assert.deepEqual(
    errors.map((line) => line.split(": ").slice(0, 2).join(" ")),
    [
      "policy.yaml:2:11 limits.pids",
      "policy.yaml:2:20 limits.cpus",
      "policy.yaml:3:9 users[0]",
      "policy.yaml:4:13 images[1]",
    ],
  );
});

test.each(["", "# nothing\n", "[]", "text", "aldis_relay_policy_version: 2"])(
  "is not what begins otherwise: %j",
  (text) => {
    const errors = errorsOf("", text);

    assert.equal(errors.length, 1);
  },
);

test("a file that is not there is named with its key", async () => {
  await assert.rejects(openPolicy("/no/such/file"), {
    message: "relay.policy_file: /no/such/file cannot be read (ENOENT)",
  });
});
