import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, expectTypeOf, onTestFinished, test } from "vitest";
import { z } from "zod";
import { loadConfig } from "../../../relay/process/config.ts";
import { defineKeys } from "../../../relay/process/config-keys.ts";
import {
  type Address,
  address,
  durationMs,
  listOf,
  sizeBytes,
  text,
  urlOf,
} from "../../../relay/process/config-types.ts";

const keys = defineKeys([
  {
    path: "database.url",
    schema: urlOf(["postgres", "postgresql"]).optional(),
    secret: true,
    description: "the database",
  },
  {
    path: "api.address",
    schema: address(),
    default: "127.0.0.1:4000",
    description: "where the API listens",
    example: "127.0.0.1:4000",
  },
  { path: "data_dir", schema: text(), default: "./data", description: "the data directory" },
  {
    path: "slack.app_token",
    schema: text().optional(),
    secret: true,
    description: "Slack's app token",
  },
  { path: "offer.timeout", schema: durationMs(), default: "10s", description: "patience" },
  { path: "limits.output", schema: sizeBytes(), default: "1Mi", description: "output kept" },
  { path: "slots", schema: z.int().positive(), default: 4, description: "slots" },
  { path: "tags", schema: z.record(z.string(), text()), default: {}, description: "tags" },
  { path: "admins", schema: listOf(text()), default: [], description: "administrators" },
]);

function load(yaml: string | undefined, env: Record<string, string> = {}, configPath?: string) {
  const cwd = mkdtempSync(join(tmpdir(), "aldis-config-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  if (yaml !== undefined) writeFileSync(join(cwd, "aldis.yaml"), yaml);
  return loadConfig(keys, { cwd, env, configPath, elsewhere: ["relay", "health"] });
}

function loaded(...args: Parameters<typeof load>) {
  const result = load(...args);
  if (!result.ok) throw new Error(result.errors.join("\n"));
  return result;
}

function errorsOf(...args: Parameters<typeof load>): string[] {
  const result = load(...args);
  return result.ok ? [] : result.errors;
}

test("takes environment over file over default, and says which", () => {
  const yaml = "data_dir: /from/file\nslots: 8\n";

  const { values, sources } = loaded(yaml, { ALDIS_SLOTS: "16" });

  expect(values.slots).toBe(16);
  expect(values.data_dir).toBe("/from/file");
  expect(values["api.address"]).toEqual({ host: "127.0.0.1", port: 4000 });
  expect(sources).toMatchObject({
    slots: "environment ALDIS_SLOTS",
    data_dir: "aldis.yaml:1",
    "api.address": "default",
    "database.url": "not set",
  });
});

test("types each value by its key", () => {
  const { values } = loaded(undefined);

  expectTypeOf(values["api.address"]).toEqualTypeOf<Address>();
  expectTypeOf(values["database.url"]).toEqualTypeOf<string | undefined>();
  expect(values["offer.timeout"]).toBe(10_000);
  expect(values["limits.output"]).toBe(2 ** 20);
});

test("reads lists, maps and numbers from variables", () => {
  const { values } = loaded(undefined, {
    ALDIS_ADMINS: "ann, bob",
    ALDIS_TAGS: "{site: berlin}",
    ALDIS_LIMITS_OUTPUT: "4096",
  });

  expect(values.admins).toEqual(["ann", "bob"]);
  expect(values.tags).toEqual({ site: "berlin" });
  expect(values["limits.output"]).toBe(4096);
});

test("reports everything that is wrong at once, with line, column, key and advice", () => {
  const yaml = [
    "databse:",
    "  url: postgres://localhost/aldis",
    "api:",
    "  address: nowhere",
    "slots: many",
    "tags:",
    "  site: 7",
    "nonsense_beyond_help: 1",
    "offer: 10s",
  ].join("\n");

  const errors = errorsOf(yaml, { ALDIS_OFFER_TIMEOUT: "soon" });

  expect(errors).toEqual([
    'aldis.yaml:2:3: unknown key "databse.url"; did you mean "database.url"?',
    'aldis.yaml:8:1: unknown key "nonsense_beyond_help"; see "aldis config explain" for all keys',
    'aldis.yaml:9:1: "offer" is a section: put its keys below it',
    'aldis.yaml:4:12: "api.address": expected an address such as 127.0.0.1:4000; for example 127.0.0.1:4000',
    "environment ALDIS_OFFER_TIMEOUT: expected a duration such as 10s, 5m or 1h30m",
    'aldis.yaml:5:8: "slots": expected number, received string',
    'aldis.yaml:7:9: "tags": expected string, received number',
  ]);
});

test.each([
  ["a: [", /^aldis\.yaml:\d+:\d+: /],
  ["slots: 1\nslots: 2", /^aldis\.yaml:2:1: .*unique/],
  ["- slots", /^aldis\.yaml:1:1: expected keys and values/],
])("points at broken YAML: %j", (yaml, expected) => {
  expect(errorsOf(yaml)[0]).toMatch(expected);
});

test.each(["", "# nothing yet\n", "api:\n", "relay:\n  anything: [goes]\n"])(
  "accepts a file that sets nothing of ours: %j",
  (yaml) => {
    expect(errorsOf(yaml)).toEqual([]);
  },
);

test("fails for a file that was named and is absent, not for an absent aldis.yaml", () => {
  expect(errorsOf(undefined)).toEqual([]);
  expect(errorsOf(undefined, {}, "other.yaml")[0]).toMatch(/^other\.yaml: cannot be read/);
  expect(errorsOf(undefined, { ALDIS_CONFIG: "third.yaml" })[0]).toMatch(/^third\.yaml: /);
});

test("says which key is missing and how to set it", () => {
  const needed = defineKeys([
    {
      path: "nats.url",
      schema: urlOf(["nats"]),
      description: "the bus",
      example: "nats://bus:4222",
    },
  ]);

  const result = loadConfig(needed, { cwd: tmpdir(), env: {} });

  expect(result).toEqual({
    ok: false,
    errors: [
      'missing "nats.url" (the bus): set ALDIS_NATS_URL, or "nats.url" in aldis.yaml; for example nats://bus:4222',
    ],
  });
});

test("reads a secret from the file that its variable names, without the last newline", () => {
  const folder = mkdtempSync(join(tmpdir(), "aldis-secret-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "token");
  writeFileSync(file, "xapp-1\n");

  const { values, sources } = loaded(undefined, { ALDIS_SLACK_APP_TOKEN_FILE: file });

  expect(values["slack.app_token"]).toBe("xapp-1");
  expect(sources["slack.app_token"]).toBe("environment ALDIS_SLACK_APP_TOKEN_FILE");
});

test("refuses a secret given twice, or in a file that cannot be read, and says so once", () => {
  const env = { ALDIS_SLACK_APP_TOKEN: "a", ALDIS_SLACK_APP_TOKEN_FILE: "/b" };

  expect(errorsOf(undefined, env)).toEqual([
    "environment ALDIS_SLACK_APP_TOKEN: set it or ALDIS_SLACK_APP_TOKEN_FILE, not both",
  ]);
  expect(errorsOf(undefined, { ALDIS_SLACK_APP_TOKEN_FILE: "/nowhere" })).toEqual([
    expect.stringMatching(/^environment ALDIS_SLACK_APP_TOKEN_FILE: cannot be read: ENOENT/),
  ]);
});

test("never repeats a secret in an error", () => {
  const errors = errorsOf("database:\n  url: hunter2\n", { ALDIS_DATABASE_URL: "hunter3" });

  expect(errors).toHaveLength(2);
  expect(errors.join()).not.toMatch(/hunter/);
});

test("warns of a secret inside the file and of unknown variables", () => {
  const yaml = "slack:\n  app_token: xapp-1\n";

  const { warnings } = loaded(yaml, {
    ALDIS_DATA_DIRR: "x",
    ALDIS_SERVICE_HOST: "10.0.0.1",
    ALDIS_RELAY_NAME: "elsewhere",
    ALDIS_SLOTS: "",
    PATH: "/bin",
  });

  expect(warnings).toEqual([
    'aldis.yaml:2:14: "slack.app_token" holds a secret in aldis.yaml; safer: write file:PATH or env:NAME here, or set ALDIS_SLACK_APP_TOKEN_FILE',
    "environment ALDIS_DATA_DIRR: not a setting; did you mean ALDIS_DATA_DIR?",
    "environment ALDIS_SERVICE_HOST: not a setting",
  ]);
});

test("a secret may be a reference, in the file and in a variable", () => {
  const yaml = "slack:\n  app_token: env:MY_TOKEN\ndatabase:\n  url: file:./database\n";
  const cwd = mkdtempSync(join(tmpdir(), "aldis-config-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, "aldis.yaml"), yaml);
  writeFileSync(join(cwd, "database"), "postgres://aldis@db/aldis\n");

  const result = loadConfig(keys, { cwd, env: { MY_TOKEN: "xapp" } });
  const direct = loadConfig(keys, {
    cwd,
    env: { MY_TOKEN: "x", ALDIS_SLACK_APP_TOKEN: "env:MY_TOKEN" },
  });

  if (!result.ok || !direct.ok) throw new Error("refused");
  expect(result.values["slack.app_token"]).toBe("xapp");
  expect(result.values["database.url"]).toBe("postgres://aldis@db/aldis");
  expect(result.warnings).toEqual([]);
  expect(direct.values["slack.app_token"]).toBe("x");
});

test("a reference that leads nowhere is an error that does not say more than its name", () => {
  const yaml = "slack:\n  app_token: env:NOBODY\ndata_dir: env:HOME\n";

  expect(errorsOf(yaml)).toEqual([
    'aldis.yaml:2:14: "slack.app_token": environment NOBODY is not set',
  ]);
  expect(errorsOf(undefined, { ALDIS_SLACK_APP_TOKEN: "file:/no/such/file" })[0]).toMatch(
    /^environment ALDIS_SLACK_APP_TOKEN: cannot be read: ENOENT/,
  );
});
