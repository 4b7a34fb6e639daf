import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { BOT_KEYS, databaseUrlsOf } from "../../bot/config.ts";
import { loadConfig } from "../../relay/process/config.ts";

function urls(env: Record<string, string>) {
  const loaded = loadConfig(BOT_KEYS, { env, cwd: "/nowhere" });
  assert.ok(loaded.ok);
  return databaseUrlsOf(loaded.values);
}

describe("the database's password may be given apart from its URL", () => {
  test.each([
    ["postgres://aldis@db/aldis", "p/ä:@s", "postgres://aldis:p%2F%C3%A4%3A%40s@db/aldis"],
    ["postgres://aldis:mine@db/aldis", "other", "postgres://aldis:mine@db/aldis"],
  ])("%s and %s", (url, password, whole) => {
    const { url: found, ownerUrl } = urls({
      ALDIS_DATABASE_URL: url,
      ALDIS_DATABASE_PASSWORD: password,
    });

    assert.deepEqual([found, ownerUrl], [whole, undefined]);
    assert.equal(new URL(found ?? "").pathname, "/aldis");
  });

  test("the owner's too", () => {
    const { ownerUrl } = urls({
      ALDIS_DATABASE_OWNER_URL: "postgres://postgres@db/aldis",
      ALDIS_DATABASE_OWNER_PASSWORD: "secret",
    });

    assert.equal(ownerUrl, "postgres://postgres:secret@db/aldis");
  });
});

test.each([
  ["https://slack.example.com/api/", true],
  ["http://127.0.0.1:4010/api/", true],
  ["http://localhost/api/", true],
  ["http://slack.example.com/api/", false],
  ["http://127.0.0.1@slack.example.com/", false],
  ["http://localhost:80@slack.example.com/", false],
])("Slack's tokens leave this machine only encrypted: %s", (url, isTaken) => {
  const env = { ALDIS_SLACK_API_URL: url };

  const loaded = loadConfig(BOT_KEYS, { env, cwd: "/nowhere" });

  assert.equal(loaded.ok, isTaken);
});
