import { expect, test } from "vitest";
import {
  parseNatsUrl,
  reconnectDelayMs,
  tlsWithHost,
} from "../../../relay/process/nats-options.ts";

test.each([
  ["nats://bus", { server: "bus:4222", tls: false }],
  ["bus:4333", { server: "bus:4333", tls: false }],
  ["tls://[::1]:4333", { server: "[::1]:4333", tls: true }],
  ["nats://t0ken@bus", { server: "bus:4222", tls: false, credentials: { token: "t0ken" } }],
  [
    "nats://a%40b:p%2Fw@bus",
    { server: "bus:4222", tls: false, credentials: { user: "a@b", password: "p/w" } },
  ],
])("takes %s apart", (url, expected) => {
  expect(parseNatsUrl(url)).toEqual(expected);
});

test("waits longer after each attempt, up to a cap", () => {
  const delays = [0, 1, 2, 5, 6, 100].map((attempt) => reconnectDelayMs(attempt, 0.5));

  expect(delays).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
  expect(reconnectDelayMs(100, 1)).toBe(6_000);
});

test.each([
  [["bus:4222"], {}],
  [["10.0.0.7:4222"], { host: "10.0.0.7" }],
  [["bus:4222", "[::1]:4333"], { host: "::1" }],
])("has the certificate of %j checked against the address that is meant", (servers, expected) => {
  const addresses = servers.map((server) => ({ server, tls: true }));

  expect(tlsWithHost({}, addresses)).toEqual(expected);
});
