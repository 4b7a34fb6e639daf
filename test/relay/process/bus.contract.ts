import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { BusMessage, BusStatus, MessageBus } from "../../../relay/process/bus.ts";
import { waitFor } from "../../support/wait.ts";

export interface BusUnderTest {
  /** One more peer on the same wire. */
  connect(onError?: (error: unknown) => void): Promise<MessageBus>;
}

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (payload: Uint8Array) => new TextDecoder().decode(payload);

/** What every `MessageBus` promises, whatever carries it. */
export function busContract(name: string, wire: () => BusUnderTest): void {
  const peers: MessageBus[] = [];

  async function connect(onError?: (error: unknown) => void): Promise<MessageBus> {
    const bus = await wire().connect(onError);
    peers.push(bus);
    return bus;
  }

  /** Subjects of other tests never meet these. */
  function fresh(): string {
    return `test.${randomUUID()}`;
  }

  async function listener(subject: string, queue?: string) {
    const bus = await connect();
    const messages: BusMessage[] = [];
    const subscription = bus.subscribe(subject, queue ? { queue } : {}, (message) => {
      messages.push(message);
    });
    await bus.flush();
    return { bus, messages, subscription };
  }

  /** A message after which everything sent before it has arrived or never will. */
  async function settled(sender: MessageBus, subject: string, seen: readonly BusMessage[]) {
    sender.publish(subject, encode("last"));
    await waitFor(() => seen.some(({ payload }) => decode(payload) === "last"));
  }

  afterEach(async () => {
    await Promise.all(peers.splice(0).map((bus) => bus.stop()));
  });

  describe(name, () => {
    test("delivers to every plain subscriber, in order, with subject and payload", async () => {
      const subject = fresh();
      const [one, two, sender] = [
        await listener(subject),
        await listener(subject),
        await connect(),
      ];

      for (const text of ["a", "b", "c"]) sender.publish(subject, encode(text));

      await waitFor(() => one.messages.length === 3 && two.messages.length === 3);
      expect(one.messages.map(({ payload }) => decode(payload))).toEqual(["a", "b", "c"]);
      expect(two.messages[0]?.subject).toBe(subject);
      expect(two.messages[0]?.replyTo).toBeUndefined();
    });

    test("delivers to a subscriber on the sending connection too, later than publish", async () => {
      const subject = fresh();
      const { bus, messages } = await listener(subject);

      bus.publish(subject, encode("self"));

      expect(messages).toHaveLength(0);
      await waitFor(() => messages.length === 1);
    });

    test("copies payloads, so that sender and receivers cannot change each other's", async () => {
      const subject = fresh();
      const [one, two, sender] = [
        await listener(subject),
        await listener(subject),
        await connect(),
      ];
      const payload = encode("abc");

      sender.publish(subject, payload);
      await sender.flush();
      payload.fill(0);

      await waitFor(() => one.messages.length === 1 && two.messages.length === 1);
      one.messages[0]?.payload.fill(1);
      expect(decode(two.messages[0]?.payload ?? encode(""))).toBe("abc");
    });

    test("matches * with one token and a final > with one or more", async () => {
      const root = fresh();
      const star = await listener(`${root}.*.end`);
      const rest = await listener(`${root}.>`);
      const sender = await connect();

      for (const subject of ["x.end", "x.y.end", "end", "x"]) {
        sender.publish(`${root}.${subject}`, encode(subject));
      }
      sender.publish(root, encode("root"));
      await settled(sender, `${root}.last.end`, star.messages);
      await waitFor(() => rest.messages.length === 5);

      expect(star.messages.map(({ payload }) => decode(payload))).toEqual(["x.end", "last"]);
      expect(rest.messages.map(({ payload }) => decode(payload))).toEqual([
        "x.end",
        "x.y.end",
        "end",
        "x",
        "last",
      ]);
    });

    test("gives each message to one member of a queue group, and to plain subscribers", async () => {
      const subject = fresh();
      const members = [await listener(subject, "q"), await listener(subject, "q")];
      const plain = await listener(subject);
      const sender = await connect();

      for (let index = 0; index < 40; index++) sender.publish(subject, encode(String(index)));

      await waitFor(() => plain.messages.length === 40);
      await waitFor(() => members.flatMap(({ messages }) => messages).length === 40);
      for (const { messages } of members) expect(messages.length).toBeGreaterThan(0);
    });

    test("answers a request", async () => {
      const subject = fresh();
      const [responder, asker] = [await connect(), await connect()];
      responder.subscribe(subject, {}, ({ payload, respond }) => {
        respond(encode(`${decode(payload)}!`));
        respond(encode("too late"));
      });
      await responder.flush();

      const replies = await Promise.all(
        ["a", "b"].map((text) => asker.request(subject, encode(text), { timeoutMs: 5_000 })),
      );

      expect(replies.map(decode)).toEqual(["a!", "b!"]);
    });

    test("awaits the reply under the subject that was asked for", async () => {
      const subject = fresh();
      const replyTo = `${fresh()}.reply`;
      const [responder, asker] = [await connect(), await connect()];
      responder.subscribe(subject, {}, (message) => message.respond(encode(message.replyTo ?? "")));
      await responder.flush();

      const reply = await asker.request(subject, encode(""), { timeoutMs: 5_000, replyTo });

      expect(decode(reply)).toBe(replyTo);
    });

    test.each([{ own: false }, { own: true }])(
      "passes over what is no reply, where it is told what one is (own: $own)",
      async ({ own }) => {
        const subject = fresh();
        const [responder, asker] = [await connect(), await connect()];
        responder.subscribe(subject, {}, ({ respond }) => {
          respond(encode("forged"));
          respond(encode("honest"));
        });
        await responder.flush();
        const isReply = async (payload: Uint8Array) => decode(payload) === "honest";
        const wish = () => ({ timeoutMs: 5_000, ...(own && { replyTo: fresh() }) });

        const replies = [
          await asker.request(subject, encode(""), { ...wish(), isReply }),
          await asker.request(subject, encode(""), wish()),
        ];

        expect(replies.map(decode)).toEqual(["honest", "forged"]);
      },
    );

    test("rejects with timeout when nothing that comes is a reply", async () => {
      const subject = fresh();
      const [responder, asker] = [await connect(), await connect()];
      responder.subscribe(subject, {}, ({ respond }) => respond(encode("forged")));
      await responder.flush();

      const isReply = async () => false;
      const request = asker.request(subject, encode(""), { timeoutMs: 50, isReply });

      await expect(request).rejects.toMatchObject({ code: "timeout" });
    });

    test.each([{ own: false }, { own: true }])(
      "rejects at once when nobody listens (own reply subject: $own)",
      async ({ own }) => {
        const asker = await connect();
        const options = { timeoutMs: 60_000, ...(own ? { replyTo: fresh() } : {}) };

        const request = asker.request(fresh(), encode(""), options);

        await expect(request).rejects.toMatchObject({ name: "BusError", code: "no-responders" });
      },
    );

    test.each([{ own: false }, { own: true }])(
      "rejects with timeout when nobody answers, and ignores a late reply (own: $own)",
      async ({ own }) => {
        const silent = await listener(fresh());
        const asker = await connect();
        const subject = fresh();
        silent.bus.subscribe(subject, {}, (message) => void silent.messages.push(message));
        await silent.bus.flush();
        const options = { timeoutMs: 20, ...(own ? { replyTo: fresh() } : {}) };

        const request = asker.request(subject, encode(""), options);

        await expect(request).rejects.toMatchObject({ code: "timeout" });
        await waitFor(() => silent.messages.length === 1);
        silent.messages[0]?.respond(encode("late"));
        await silent.bus.flush();
      },
    );

    test("rejects when aborted, before and during the request", async () => {
      const { bus: asker } = await listener(fresh());
      const { bus: silent, messages } = await listener("unused");
      const subject = fresh();
      silent.subscribe(subject, {}, (message) => void messages.push(message));
      await silent.flush();
      const abort = new AbortController();

      const early = asker.request(subject, encode(""), {
        timeoutMs: 60_000,
        signal: AbortSignal.abort(),
      });
      const later = asker.request(subject, encode(""), { timeoutMs: 60_000, signal: abort.signal });

      await expect(early).rejects.toMatchObject({ code: "aborted" });
      await waitFor(() => messages.length === 1);
      abort.abort();
      await expect(later).rejects.toMatchObject({ code: "aborted" });
    });

    test("rejects what is asked while the bus stops, and refuses everything after", async () => {
      const { bus: silent, messages } = await listener("unused");
      const subject = fresh();
      silent.subscribe(subject, {}, (message) => void messages.push(message));
      await silent.flush();
      const asker = await connect();
      const request = asker.request(subject, encode(""), { timeoutMs: 60_000 });
      const outcome = expect(request).rejects.toMatchObject({ code: "closed" });
      await waitFor(() => messages.length === 1);

      await asker.stop();

      await outcome;
      const closed = expect.objectContaining({ code: "closed" });
      expect(() => asker.publish(subject, encode(""))).toThrow(closed);
      expect(() => asker.subscribe(subject, {}, () => {})).toThrow(closed);
      await expect(asker.flush()).rejects.toEqual(closed);
      await expect(asker.request(subject, encode(""), { timeoutMs: 10 })).rejects.toEqual(closed);
      await asker.stop();
    });

    test("refuses what is larger than the wire takes", async () => {
      const bus = await connect();
      const large = new Uint8Array(1024 * 1024 + 1);
      const tooLarge = expect.objectContaining({ code: "too-large" });

      expect(() => bus.publish(fresh(), large)).toThrow(tooLarge);

      await expect(bus.request(fresh(), large, { timeoutMs: 60_000 })).rejects.toEqual(tooLarge);
      const { messages } = await listener("large.enough");
      bus.publish("large.enough", large.subarray(1));
      await waitFor(() => messages.length === 1);
    });

    test.each(["", "a b", "a..b", ".a", "a.", "a.*", "a.>", "a\r\nPUB b 0\r\n"])(
      "refuses to publish to %j",
      async (subject) => {
        const bus = await connect();

        expect(() => bus.publish(subject, encode(""))).toThrow(TypeError);
        await expect(bus.request(subject, encode(""), { timeoutMs: 10 })).rejects.toThrow(
          TypeError,
        );
      },
    );

    test.each(["", "a b", "a.>.b", "a*", "a\r\nSUB b 0"])(
      "refuses to subscribe to %j",
      async (subject) => {
        const bus = await connect();

        expect(() => bus.subscribe(subject, {}, () => {})).toThrow(TypeError);
      },
    );

    test("delivers nothing after unsubscribe, and then has no responders", async () => {
      const subject = fresh();
      const { bus, messages, subscription } = await listener(subject);
      const other = await listener(subject);

      subscription.unsubscribe();
      await bus.flush();
      await settled(bus, subject, other.messages);

      expect(messages).toHaveLength(0);
      other.subscription.unsubscribe();
      await other.bus.flush();
      const request = bus.request(subject, encode(""), { timeoutMs: 60_000 });
      await expect(request).rejects.toMatchObject({ code: "no-responders" });
    });

    test("hands what a handler throws or rejects with to onError, and goes on", async () => {
      const errors: unknown[] = [];
      const bus = await connect((error) => errors.push(error));
      const subject = fresh();
      const seen: string[] = [];
      bus.subscribe(subject, {}, ({ payload }) => {
        seen.push(decode(payload));
        if (decode(payload) === "throw") throw new Error("thrown");
        return decode(payload) === "reject" ? Promise.reject(new Error("rejected")) : undefined;
      });
      await bus.flush();

      for (const text of ["throw", "reject", "fine"]) bus.publish(subject, encode(text));

      await waitFor(() => seen.includes("fine") && errors.length === 2);
      expect(errors.map(String).sort()).toEqual(["Error: rejected", "Error: thrown"]);
    });

    test("does not wait for one handler before it starts the next", async () => {
      const subject = fresh();
      const bus = await connect();
      const started: string[] = [];
      const gate = Promise.withResolvers<void>();
      bus.subscribe(subject, {}, ({ payload }) => {
        started.push(decode(payload));
        return gate.promise;
      });
      await bus.flush();

      bus.publish(subject, encode("a"));
      bus.publish(subject, encode("b"));

      await waitFor(() => started.length === 2);
      gate.resolve();
    });

    test("lets handlers in hand finish and answer before it stops", async () => {
      const subject = fresh();
      const [responder, asker] = [await connect(), await connect()];
      const gate = Promise.withResolvers<void>();
      let began = false;
      responder.subscribe(subject, {}, async ({ respond }) => {
        began = true;
        await gate.promise;
        respond(encode("done"));
      });
      await responder.flush();
      const reply = asker.request(subject, encode(""), { timeoutMs: 5_000 });
      await waitFor(() => began);

      const stopped = responder.stop();
      gate.resolve();

      expect(decode(await reply)).toBe("done");
      await stopped;
    });

    test("tells its status at once and when it has stopped", async () => {
      const bus = await connect();
      const seen: BusStatus[] = [];

      bus.onStatus((status) => seen.push(status));

      expect(seen).toMatchObject([{ connected: true }]);
      await bus.stop();
      await waitFor(() => seen.length === 2);
      expect(seen[1]).toMatchObject({ connected: false });
    });
  });
}
