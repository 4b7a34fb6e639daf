import assert from "node:assert/strict";
import { afterAll, beforeAll, beforeEach, describe, test } from "vitest";
import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { type DiscordServer, startDiscordServer } from "./server.ts";

let server: DiscordServer;
let nowMs = 0;

beforeAll(async () => {
  server = await startDiscordServer({ nowMs: () => nowMs });
});

beforeEach(() => server.rates.forget());

afterAll(() => server.stop());

const Answer = z.object({
  code: z.number().optional(),
  errors: z.record(z.string(), z.unknown()).optional(),
  id: z.string().optional(),
  retry_after: z.number().optional(),
});

async function ask(method: string, path: string, body?: object, token = server.token) {
  const response = await fetch(`${server.apiUrl}/v10${path}`, {
    method,
    headers: { authorization: `Bot ${token}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = Answer.parse(text === "" ? {} : JSON.parse(text));
  return { status: response.status, headers: response.headers, ...answer };
}

const messages = () => `/channels/${server.general.id}/messages`;

describe("the protocol server refuses what Discord refuses", () => {
  test.each([
    ["content", { content: "x".repeat(LIMITS.contentCharacters.is + 1) }],
    ["nonce", { content: "x", nonce: "n".repeat(LIMITS.nonceCharacters.is + 1) }],
    ["embeds", { embeds: Array(LIMITS.embeds.is + 1).fill({}) }],
    ["components", { content: "x", components: Array(LIMITS.actionRows.is + 1).fill(row("a")) }],
    ["components", { content: "x", components: [row("same"), row("same")] }],
  ])("a message whose %s is too much, by the path of the field", async (field, body) => {
    const { status, code, errors } = await ask("POST", messages(), body);

    assert.deepEqual([status, code, Object.keys(errors ?? {})], [400, 50035, [field]]);
  });

  test("an empty message, another token, an unknown channel and one out of sight", async () => {
    const hidden = { ...server.general, id: server.world.nextId() };
    hidden.botMay = { ...hidden.botMay, view: false };
    server.world.channels.set(hidden.id, hidden);

    const empty = await ask("POST", messages(), { content: " " });
    const stranger = await ask("POST", messages(), { content: "x" }, "another");
    const nowhere = await ask("POST", "/channels/1/messages", { content: "x" });
    const unseen = await ask("POST", `/channels/${hidden.id}/messages`, { content: "x" });

    const codes = [empty, stranger, nowhere, unseen].map(({ status, code }) => [status, code]);
    assert.deepEqual(codes, [
      [400, 50006],
      [401, 0],
      [404, 10003],
      [403, 50001],
    ]);
  });

  test("the sixth message in five seconds, saying when the next is taken", async () => {
    const answers = [];
    for (let count = 0; count < 6; count++)
      answers.push(await ask("POST", messages(), { content: "x" }));

    const last = answers.at(-1);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200, 429],
    );
    assert.ok((last?.retry_after ?? 0) > 0);
    assert.equal(last?.headers.get("x-ratelimit-remaining"), "0");
    assert.equal(last?.headers.get("x-ratelimit-scope"), "user");
  });
});

test("a message is made once for one nonce, where that is enforced", async () => {
  const enforced = { content: "x", nonce: "one", enforce_nonce: true };
  const loose = { content: "x", nonce: "two" };

  const [first, second] = [
    await ask("POST", messages(), enforced),
    await ask("POST", messages(), enforced),
  ];
  const [third, fourth] = [
    await ask("POST", messages(), loose),
    await ask("POST", messages(), loose),
  ];

  assert.equal(first.id, second.id);
  assert.notEqual(third.id, fourth.id);
});

test("an interaction is answered within three seconds, once, and changed for fifteen minutes", async () => {
  const { applicationId } = server.world;
  const answer = { type: 4, data: { content: "x" } };
  const use = () => server.command(server.addUser("ada"), server.general, { name: "x" });
  const callback = ({ id, token }: { id: string; token: string }) =>
    ask("POST", `/interactions/${id}/${token}/callback`, answer);
  const [inTime, late] = [use(), use()];
  const original = `/webhooks/${applicationId}/${inTime.token}/messages/@original`;

  const first = await callback(inTime);
  const again = await callback(inTime);
  nowMs += LIMITS.interactionAnswerMs.is + 1;
  const tooLate = await callback(late);
  const changed = await ask("PATCH", original, { content: "y" });
  nowMs += LIMITS.interactionTokenMs.is;
  const expired = await ask("PATCH", original, { content: "z" });

  const codes = [first, again, tooLate, changed, expired].map(({ status, code }) => [status, code]);
  assert.deepEqual(codes, [
    [204, undefined],
    [400, 40060],
    [404, 10062],
    [200, undefined],
    [401, 50027],
  ]);
});

test("204 has no content type", async () => {
  const message = server.say(server.world.bot, server.general, "x");

  const { status, headers } = await ask("PUT", `${messages()}/${message.id}/reactions/x/@me`);

  assert.equal(status, 204);
  assert.equal(headers.get("content-type"), null);
});

function row(customId: string) {
  return { type: 1, components: [{ type: 2, style: 1, label: "x", custom_id: customId }] };
}
