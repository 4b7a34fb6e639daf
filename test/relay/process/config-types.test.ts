import { expect, test } from "vitest";
import type { z } from "zod";
import { address, durationMs, sizeBytes, urlOf } from "../../../relay/process/config-types.ts";

test.each<[string, z.ZodType, unknown, unknown]>([
  ["duration", durationMs(), "1m30s", 90_000],
  ["duration", durationMs(), "1 minute", undefined],
  ["duration", durationMs(), 10, undefined],
  ["size", sizeBytes(), "64Mi", 64 * 2 ** 20],
  ["size", sizeBytes(), 1024, 1024],
  ["size", sizeBytes(), "big", undefined],
  ["address", address(), "127.0.0.1:4000", { host: "127.0.0.1", port: 4000 }],
  ["address", address(), "[::1]:0", { host: "::1", port: 0 }],
  ["address", address(), "localhost", undefined],
  ["address", address(), "localhost:70000", undefined],
  ["URL", urlOf(["nats", "tls"]), "tls://bus", "tls://bus"],
  ["URL", urlOf(["nats", "tls"]), "http://bus", undefined],
  ["URL", urlOf(["nats", "tls"]), "bus", undefined],
])("reads the %s %#", (_, schema, written, expected) => {
  expect(schema.safeParse(written).data).toEqual(expected);
});
