import { expect, test } from "vitest";
import { createMemoryBus } from "../../../relay/process/memory-bus.ts";
import { busContract } from "./bus.contract.ts";

const wire = createMemoryBus();

busContract("in-process bus", () => ({
  connect: async (onError = () => {}) => wire.connect({ onError }),
}));

test("leaves delivery to the scheduler it was given", () => {
  const held: (() => void)[] = [];
  const bus = createMemoryBus({ schedule: (deliver) => held.push(deliver) });
  const peer = bus.connect({ onError: () => {} });
  const seen: number[] = [];
  peer.subscribe("a", {}, ({ payload }) => void seen.push(payload.length));

  peer.publish("a", new Uint8Array(1));
  peer.publish("a", new Uint8Array(2));
  held[1]?.();
  held[0]?.();

  expect(seen).toEqual([2, 1]);
});

test("answers below the inbox prefix of the asking peer", async () => {
  const bus = createMemoryBus();
  const asker = bus.connect({ inboxPrefix: "_INBOX.relay", onError: () => {} });
  const responder = bus.connect({ onError: () => {} });
  responder.subscribe("ask", {}, ({ replyTo = "", respond }) => {
    respond(new TextEncoder().encode(replyTo));
  });

  const reply = await asker.request("ask", new Uint8Array(), { timeoutMs: 1_000 });

  expect(new TextDecoder().decode(reply)).toMatch(/^_INBOX\.relay\./);
});
