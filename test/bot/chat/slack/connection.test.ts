import assert from "node:assert/strict";
import { afterEach, describe, test } from "vitest";
import { waitFor } from "../../../support/wait.ts";
import { type SlackAlone, startSlackAlone } from "./slack-alone.ts";

let here: SlackAlone | undefined;

afterEach(() => here?.stop());

describe("a connection that ends", () => {
  test("by Slack's wish: another is there before anything is missed", async () => {
    here = await startSlackAlone();
    await here.connected();

    here.slack.socketMode.refresh();
    await here.connected(2);
    here.slack.people.send("!x:y after");

    await waitFor(() => here?.heard.some(({ text }) => text === "!x:y after"));
  });

  test("by a cut: what was said meanwhile is heard, and nothing ends", async () => {
    here = await startSlackAlone();
    await here.connected();

    here.slack.socketMode.cut();
    here.slack.people.send("!x:y meanwhile");

    await waitFor(() => here?.heard.some(({ text }) => text === "!x:y meanwhile"));
    assert.equal(here.heard.length, 1);
  });

  test("with a token that is revoked and good again", async () => {
    here = await startSlackAlone();
    await here.connected();

    here.slack.setRevoked(true);
    here.slack.socketMode.cut();
    await waitFor(() => here?.logged.some((line) => line.includes("token_revoked")));
    here.slack.setRevoked(false);

    await here.connected(2);
  });
});

test("a wrong token is said to be wrong, and nothing else of the bot ends", async () => {
  here = await startSlackAlone(undefined, { botToken: "xoxb-wrong" });

  const line = await waitFor(() => here?.logged.find((each) => each.includes("invalid_auth")));

  assert.match(line, /check slack\.bot_token/);
  assert.ok(!here.logged.some((each) => each.includes("xoxb-wrong")));
});

test.each([
  "not JSON",
  '{"type":"events_api","envelope_id":"1"}',
  '{"type":"events_api","envelope_id":"1","payload":{"event":null}}',
  '{"type":"interactive","envelope_id":"1","payload":{"type":"block_actions","actions":[]}}',
])("what is no message of Slack's ends nothing: %s", async (text) => {
  here = await startSlackAlone();
  await here.connected();

  here.slack.socketMode.sendRaw(text);
  here.slack.people.send("!x:y after");

  await waitFor(() => here?.heard.some((message) => message.text === "!x:y after"));
});

describe("an event is acknowledged", () => {
  test("when it is recorded, not before, and without waiting for its end", async () => {
    const recorded = Promise.withResolvers<void>();
    here = await startSlackAlone(async (_, conversation) => {
      await recorded.promise;
      conversation.accepted({ invocationId: "1" });
      await new Promise(() => {});
    });
    await here.connected();
    const { envelopeId } = here.slack.people.send("!x:y");
    await waitFor(() => here?.heard.length === 1);

    const before = here.slack.socketMode.isAcknowledged(envelopeId);
    recorded.resolve();

    assert.equal(before, false);
    await waitFor(() => here?.slack.socketMode.isAcknowledged(envelopeId));
  });

  test("once, though Slack has sent it again meanwhile", async () => {
    const recorded = Promise.withResolvers<void>();
    here = await startSlackAlone(() => recorded.promise, { redeliverAfterMs: 50 });
    await here.connected();
    const { envelopeId } = here.slack.people.send("!x:y");
    await waitFor(
      () => here?.slack.socketMode.isAcknowledged(envelopeId) === false && here.heard[0],
    );

    recorded.resolve();

    await waitFor(() => here?.slack.socketMode.isAcknowledged(envelopeId));
    assert.equal(here.heard.length, 1);
  });

  test("before the bot stops", async () => {
    const recorded = Promise.withResolvers<void>();
    here = await startSlackAlone(() => recorded.promise);
    await here.connected();
    const { envelopeId } = here.slack.people.send("!x:y");
    await waitFor(() => here?.heard.length === 1);

    const stopping = here.adapter.stop();
    recorded.resolve();
    await stopping;

    await waitFor(() => here?.slack.socketMode.isAcknowledged(envelopeId));
  });
});
