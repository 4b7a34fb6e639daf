import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { Bundle, Command } from "../../../bot/bundles/bundle.ts";
import { loadBundle } from "../../../bot/bundles/load.ts";
import { printBundleError } from "../../../bot/bundles/problem.ts";

const HEAD = "aldis_bundle_version: 1\nname: web\nversion: 1.4.0\n";
const IMAGE = "image: web:1\n";
const COMMANDS = "commands:\n  deploy:\n    executable: [deploy]\n";

function load(text: string) {
  return loadBundle(text, "web.yaml");
}

function bundleOf(text: string): Bundle {
  const loaded = load(text);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.errors.map(printBundleError).join("\n"));
  return loaded.bundle;
}

function deployOf(bundle: Bundle): Command {
  return bundle.commands.deploy ?? assert.fail();
}

interface Key<Of> {
  /** Its statement and its name. */
  key: string;
  /** How it is written, and what it then comes to. */
  yaml: string;
  given: unknown;
  /** What it comes to where it is left out. */
  usual: unknown;
  read(of: Of): unknown;
}

function specify<Of>(keys: readonly Key<Of>[], readFrom: (yaml: string) => Of): void {
  for (const { key, yaml, read, given, usual } of keys) {
    test(key, () => {
      assert.deepEqual(read(readFrom(yaml)), given);
      assert.deepEqual(read(readFrom("")), usual);
    });
  }
}

describe("keys of the bundle", () => {
  const keys: readonly Key<Bundle>[] = [
    {
      key: "B14 description",
      yaml: "description: Deploys.",
      given: "Deploys.",
      usual: "",
      read: ({ description }) => description,
    },
    {
      key: "B15 long_description",
      yaml: "long_description: |\n  One.\n  Two.",
      given: "One.\nTwo.\n",
      usual: "",
      read: ({ longDescription }) => longDescription,
    },
    {
      key: "B16 author",
      yaml: "author: Ops",
      given: "Ops",
      usual: undefined,
      read: ({ author }) => author,
    },
    {
      key: "B17 homepage",
      yaml: "homepage: https://example.com",
      given: "https://example.com",
      usual: undefined,
      read: ({ homepage }) => homepage,
    },
    {
      key: "B19 permissions",
      yaml: "permissions: [deploy, read]",
      given: ["deploy", "read"],
      usual: [],
      read: ({ permissions }) => permissions,
    },
    {
      key: "B20 relay.selector",
      yaml: "relay: { selector: { tags: { role: web } } }",
      given: { tags: { role: ["web"] }, not: {}, exists: [], preferred: {} },
      usual: { tags: {}, not: {}, exists: [], preferred: {} },
      read: (bundle) => deployOf(bundle).selector,
    },
    {
      key: "B21 limits",
      yaml: "limits: { pids: 7 }",
      given: [7, 300_000],
      usual: [64, 300_000],
      read: (bundle) => [deployOf(bundle).limits.pids, deployOf(bundle).limits.timeoutMs],
    },
    {
      key: "B22 config",
      yaml: "config: [{ name: API_URL }, { name: API_TOKEN, secret: true, required: true }]",
      given: [
        { name: "API_URL", description: "", secret: false, required: false },
        { name: "API_TOKEN", description: "", secret: true, required: true },
      ],
      usual: [],
      read: ({ config }) => config,
    },
    {
      key: "B23 templates",
      yaml: "templates: { command: a, command_error: b, message: c, message_error: d }",
      given: { command: "a", command_error: "b", message: "c", message_error: "d" },
      usual: {},
      read: (bundle) => deployOf(bundle).templates,
    },
  ];
  specify(keys, (yaml) => bundleOf(`${HEAD}${IMAGE}${yaml}\n${COMMANDS}`));

  test.each([
    [
      "B10 the format is required",
      "name: web\nversion: 1.0.0\n",
      "aldis_bundle_version: 1 is missing",
    ],
    ["B10 and is 1", `${HEAD.replace(": 1\n", ": 2\n")}`, "1 is the only version there is"],
    [
      "B11 the file is not one of both",
      `gort_bundle_version: 1\n${HEAD}`,
      "either an Aldis bundle or",
    ],
    ["B12 the name is required", HEAD.replace("name: web\n", ""), "name: is missing"],
    ["B12 it is a name", HEAD.replace("web", "Web"), "a name starts with a small letter"],
    ["B12 site is reserved", HEAD.replace("web", "site"), "site is a reserved name"],
    ["B12 aldis is reserved", HEAD.replace("web", "aldis"), "aldis is a reserved name"],
    ["B12 gort is reserved", HEAD.replace("web", "gort"), "gort is a reserved name"],
    ["B13 the version is required", HEAD.replace("version: 1.4.0\n", ""), "version: is missing"],
    ["B13 it is semantic", HEAD.replace("1.4.0", "1.4"), "should be a semantic version"],
    ["B18 the image is required", HEAD, "image: is missing"],
    ["B19 a permission is a name", `${HEAD}permissions: [A]\n`, "a name starts with"],
    ["B22 ALDIS_ is taken", `${HEAD}config: [{ name: ALDIS_X }]\n`, "are taken"],
    ["B22 GORT_ is taken", `${HEAD}config: [{ name: GORT_X }]\n`, "are taken"],
    ["B23 a template is a known one", `${HEAD}templates: { reply: x }\n`, "is not a known key"],
  ])("%s", (_what, head, expected) => {
    const loaded = load(`${head}${COMMANDS}`);

    assert.ok(!loaded.ok);
    assert.ok(loaded.errors.map(printBundleError).join("\n").includes(expected));
  });

  test("B18 the image is not required where every command is native", () => {
    assert.equal(bundleOf(`${HEAD}${COMMANDS}    native: true\n`).image, undefined);
    assert.equal(bundleOf(`${HEAD}${IMAGE}${COMMANDS}`).image, "web:1");
  });

  test("B24 there is at least one command", () => {
    assert.ok(!load(`${HEAD}${IMAGE}commands: {}\n`).ok);
    assert.ok(!load(`${HEAD}${IMAGE}`).ok);
  });
});

describe("keys of a command", () => {
  const keys: readonly Key<Command>[] = [
    {
      key: "B31 native",
      yaml: "native: true",
      given: true,
      usual: false,
      read: ({ native }) => native,
    },
    {
      key: "B32 options",
      yaml: "options: {}",
      given: true,
      usual: false,
      read: ({ declaresOptions }) => declaresOptions,
    },
    {
      key: "B33 arguments",
      yaml: "arguments: [{ name: a }, { name: b }]",
      given: ["a", "b"],
      usual: [],
      read: (command) => command.arguments.map(({ name }) => name),
    },
    {
      key: "B34 rules",
      yaml: "rules: [allow, forbid]",
      given: ["allow", "forbid"],
      usual: [],
      read: ({ rules }) => rules.map(({ effect }) => effect.kind),
    },
    {
      key: "B35 description",
      yaml: "description: Deploys.",
      given: "Deploys.",
      usual: "",
      read: ({ description }) => description,
    },
    {
      key: "B36 long_description",
      yaml: "long_description: More.",
      given: "More.",
      usual: "",
      read: ({ longDescription }) => longDescription,
    },
    {
      key: "B37 examples",
      yaml: "examples: [deploy prod]",
      given: ["deploy prod"],
      usual: [],
      read: ({ examples }) => examples,
    },
    {
      key: "B40 delivery",
      yaml: "delivery: at-least-once",
      given: "at-least-once",
      usual: "at-most-once",
      read: ({ delivery }) => delivery,
    },
    {
      key: "B41 offer_timeout",
      yaml: "offer_timeout: 3s",
      given: 3000,
      usual: 10_000,
      read: ({ offerTimeoutMs }) => offerTimeoutMs,
    },
    {
      key: "B42 queue_timeout",
      yaml: "queue_timeout: 1h",
      given: 3_600_000,
      usual: 600_000,
      read: ({ queueTimeoutMs }) => queueTimeoutMs,
    },
    {
      key: "B43 lost_after",
      yaml: "lost_after: 1m",
      given: 60_000,
      usual: 300_000,
      read: ({ lostAfterMs }) => lostAfterMs,
    },
    {
      key: "B44 attempts",
      yaml: "attempts: 100",
      given: 100,
      usual: 3,
      read: ({ attempts }) => attempts,
    },
    {
      key: "B45 concurrency",
      yaml: "concurrency: { max: 1, by: [env] }\n    arguments: [{ name: env }]",
      given: { max: 1, by: ["env"] },
      usual: undefined,
      read: ({ concurrency }) => concurrency,
    },
    {
      key: "B46 confirm",
      yaml: "confirm: Really?",
      given: "Really?",
      usual: undefined,
      read: ({ confirm }) => confirm,
    },
    {
      key: "B47 network",
      yaml: "network: inner",
      given: "inner",
      usual: "none",
      read: ({ network }) => network,
    },
    {
      key: "B48 mounts",
      yaml: "mounts: [cache]",
      given: ["cache"],
      usual: [],
      read: ({ mounts }) => mounts,
    },
    {
      key: "B49 user",
      yaml: "user: 1000:100",
      given: "1000:100",
      usual: "65534:65534",
      read: ({ user }) => user,
    },
    {
      key: "B50 complete",
      yaml: "complete: { env: [/bin/list] }\n    arguments: [{ name: env }]",
      given: { env: ["/bin/list"] },
      usual: {},
      read: ({ complete }) => ({ ...complete }),
    },
    {
      key: "B51 triggers",
      yaml: "triggers: [{ match: /^now$/ }, { match: please }]",
      given: ["^now$", "please"],
      usual: [],
      read: ({ triggers }) => triggers,
    },
    {
      key: "B52 templates",
      yaml: "templates: { command: own }",
      given: { command: "own", message: "theirs" },
      usual: { command: "theirs", message: "theirs" },
      read: ({ templates }) => templates,
    },
  ];
  specify(keys, (yaml) => {
    const templates = "templates: { command: theirs, message: theirs }\n";
    return deployOf(bundleOf(`${HEAD}${IMAGE}${templates}${COMMANDS}    ${yaml}\n`));
  });

  test.each([
    ["B40 delivery is one of two", "delivery: twice"],
    ["B41 no duration is zero", "offer_timeout: 0s"],
    ["B42 a duration has a unit", "queue_timeout: 5"],
    ["B44 not none", "attempts: 0"],
    ["B44 not more than 100", "attempts: 101"],
    ["B45 only by what there is", "concurrency: { max: 1, by: [env] }"],
    ["B47 a network is a name", "network: Inner"],
    ["B49 a user is two numbers", "user: root"],
    ["B50 only for what there is", "complete: { env: [/bin/list] }"],
    ["B51 a trigger is a pattern", "triggers: [{ match: /(/ }]"],
  ])("%s", (_what, yaml) => {
    assert.ok(!load(`${HEAD}${IMAGE}${COMMANDS}    ${yaml}\n`).ok);
  });

  test("B30 an executable is an argv with at least one word", () => {
    const of = (yaml: string) => load(`${HEAD}${IMAGE}commands:\n  deploy: { ${yaml} }\n`);

    assert.ok(of("executable: [/bin/deploy, -v]").ok);
    for (const yaml of ["executable: []", "executable: /bin/deploy", "native: false"]) {
      assert.ok(!of(yaml).ok, yaml);
    }
  });
});
