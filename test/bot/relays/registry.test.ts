import assert from "node:assert/strict";
import { test } from "vitest";
import { type RegistryDeps, startRegistry } from "../../../bot/relays/registry.ts";
import { systemClock } from "../../../relay/process/clock.ts";
import { createMemoryBus } from "../../../relay/process/memory-bus.ts";
import { fromRelay, signAsRelay } from "../../../relay/wire/envelope.ts";
import { generateKeyPem, readSigningKey } from "../../../relay/wire/keys.ts";
import type { Challenge } from "../../../relay/wire/messages.ts";
import { downTo, upFrom } from "../../../relay/wire/subjects.ts";
import { BOT_KEY, KEY_LIST } from "../../model/bot-keys.ts";
import { bodyOf } from "../../model/permits.ts";
import { SILENT } from "../../model/silent.ts";
import { waitFor } from "../../support/wait.ts";

test("hears a life that another bot has proved, whatever the one before had said", async () => {
  const wire = createMemoryBus();
  const key = readSigningKey(generateKeyPem("ed25519"));
  const row = enrolledAs(key.publicJwk);
  const registry = await startRegistry({
    relays: {
      list: async () => [{ ...row }],
      saveEpoch: async () => {},
      reportForged: async () => {},
    },
    bus: wire.connect({ onError: () => {} }),
    clock: systemClock,
    key: BOT_KEY,
    botId: "bot",
    keyList: () => KEY_LIST,
    silenceMs: 15_000,
    refused: () => {},
    log: SILENT,
  });
  const relay = wire.connect({ onError: () => {} });
  const heard = () => registry.find(row.id)?.presence;
  let epoch = "one";
  const announce = async (number: number) =>
    relay.publish(upFrom(row.id, "presence"), await presenceOf(key, epoch, number));
  relay.subscribe(downTo(row.id), {}, async ({ payload, respond }) => {
    const { nonce }: Challenge = bodyOf(payload);
    respond(await signAsRelay(key, fromRelay.challengeAnswer, { nonce, epoch }));
  });

  await announce(50);
  await waitFor(() => heard()?.epoch === "one");
  epoch = "two";
  row.epoch = "two";
  await registry.refresh();
  await announce(1);
  await waitFor(() => heard()?.epoch === "two");

  assert.equal(heard()?.number, 1);
  registry.stop();
});

type Row = Awaited<ReturnType<RegistryDeps["relays"]["list"]>>[number];

function enrolledAs(signingKey: Row["signingKey"]): Row {
  return {
    workspaceId: "018f0000-0000-7000-8000-000000000000",
    id: "018f0000-0000-7000-8000-000000000001",
    name: "edge",
    hostname: "here",
    tags: {},
    signingKey,
    previousSigningKey: null,
    previousSigningKeyUntil: null,
    keysChangedAt: null,
    isGenuine: true,
    state: "active",
    epoch: "one",
    draining: false,
  };
}

function presenceOf(key: ReturnType<typeof readSigningKey>, epoch: string, number: number) {
  return signAsRelay(key, fromRelay.presence, {
    epoch,
    number,
    program: "test",
    tags: {},
    capacity: 1,
    running: 0,
    draining: false,
    runtimes: ["native"],
    keyListNumber: KEY_LIST.list.number,
  });
}
