import assert from "node:assert/strict";
import { test } from "vitest";
import {
  inboxOfToken,
  type JoinToken,
  parseJoinToken,
  printJoinToken,
} from "../../../relay/wire/join-token.ts";

const bare: JoinToken = { v: 1, token: "t".repeat(43), authority: "a".repeat(43) };
const whole: JoinToken = {
  ...bare,
  nats: "tls://nats.example.com:4222",
  ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  user: { jwt: "x.y.z", seed: "SUAAAA" },
};

test.each([[bare], [whole]])("is one word, and reads as what was written: %j", (token) => {
  const text = printJoinToken(token);

  assert.match(text, /^aldis-join-[\w-]+$/);
  assert.deepEqual(parseJoinToken(text), token);
});

test.each(["", "nonsense", "aldis-join-", "aldis-join-e30", printJoinToken(whole).slice(0, 60)])(
  "%j is no join token",
  (text) => {
    assert.equal(parseJoinToken(text), undefined);
  },
);

test("each token has an inbox of its own, which does not tell the token", () => {
  const [one, other] = [inboxOfToken("one"), inboxOfToken("other")];

  assert.notEqual(one, other);
  assert.match(one, /^_INBOX\.[\w-]{43}$/);
  assert.equal(inboxOfToken("one"), one);
});
