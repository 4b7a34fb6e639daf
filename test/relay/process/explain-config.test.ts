import { expect, test } from "vitest";
import { z } from "zod";
import type { ConfigKey } from "../../../relay/process/config-keys.ts";
import { explainConfig } from "../../../relay/process/explain-config.ts";

function explained(written: unknown, secret = false): string | undefined {
  const key: ConfigKey = {
    path: "some.key",
    schema: z.unknown(),
    description: "",
    ...(secret ? { secret } : {}),
  };
  const loaded = { written: { "some.key": written }, sources: { "some.key": "default" } };
  return explainConfig([key], loaded)[0]?.value;
}

test.each([
  ["10s", "10s"],
  [4, "4"],
  [undefined, ""],
  [["a", "nats://u:pw@h"], '["a","nats://u:•••@h"]'],
  ["nats://bus:4222", "nats://bus:4222"],
  ["nats://user:hunter2@bus:4222", "nats://user:•••@bus:4222"],
  ["nats://s3cret@bus:4222", "nats://•••@bus:4222"],
  ["nats://u:hunter2@one:1,nats://u:hunter2@two:2", "nats://•••@one:1,nats://•••@two:2"],
])("shows %j as %j", (written, shown) => {
  expect(explained(written)).toBe(shown);
});

test.each([
  ["xapp-1", "•••"],
  ["postgres://aldis:hunter2@db/aldis", "postgres://aldis:•••@db/aldis"],
  ["postgres://db/aldis?user=a&password=hunter2", "postgres://db/aldis?user=a&password=•••"],
  [{ nested: "hunter2" }, "•••"],
])("shows the secret %j as %j", (written, shown) => {
  expect(explained(written, true)).toBe(shown);
});

test("names the source of each key", () => {
  const keys: ConfigKey[] = [{ path: "a", schema: z.unknown(), description: "" }];

  const rows = explainConfig(keys, { written: { a: "b" }, sources: { a: "aldis.yaml:3" } });

  expect(rows).toEqual([{ key: "a", value: "b", source: "aldis.yaml:3" }]);
});
