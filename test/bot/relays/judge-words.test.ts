import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { Judged, Wish } from "../../../bot/relays/judge.ts";
import { whyNone } from "../../../bot/relays/judge-words.ts";
import { CONTAINERS, DRAINING, relayWith, selectorFrom, wishFor } from "./small-relay.ts";

const full = (name: string) => relayWith({ name, load: 4 });
const DEV = { tags: { env: "dev" } };

describe("why no relay takes it", () => {
  test.each<[what: string, relays: Judged[], wish: Wish, said: string]>([
    ["none is there", [], wishFor(""), "no relay has joined"],
    [
      "the only one is gone",
      [relayWith({ state: "removed" })],
      wishFor("env=prod"),
      "no relay has joined",
    ],
    ["none has the tag", [relayWith(DEV)], wishFor("env=prod"), "there is no relay with env=prod"],
    [
      "what is preferred is not the reason",
      [relayWith(DEV)],
      wishFor("env=prod,~zone=a"),
      "there is no relay with env=prod",
    ],
    [
      "the policy asks as well",
      [relayWith()],
      wishFor("role=web", { policy: selectorFrom("env=dev") }),
      "there is no relay with env=dev,role=web",
    ],
    [
      "what is asked contradicts itself",
      [relayWith()],
      wishFor("env=prod", { policy: selectorFrom("env=dev") }),
      "no relay can match: of env, no value is left that all ask for",
    ],
    ["one is full", [full("web-1")], wishFor(""), "no relay is free: web-1 is full (4 of 4)"],
    [
      "those that lack a tag are not named",
      [relayWith({ name: "dev-1", ...DEV }), full("web-1")],
      wishFor("env=prod"),
      "no relay with env=prod is free: web-1 is full (4 of 4)",
    ],
    [
      "several, each for its own reason",
      [
        relayWith({ name: "web-3", presence: DRAINING }),
        relayWith({ name: "web-2", isReachable: false }),
        full("web-1"),
      ],
      wishFor("env=prod"),
      "no relay with env=prod is free: web-1 is full (4 of 4), web-2 is unreachable, web-3 is draining",
    ],
    [
      "more than can be named",
      ["e", "d", "c", "b", "a"].map(full),
      wishFor(""),
      "no relay is free: a is full (4 of 4), b is full (4 of 4), c is full (4 of 4), 2 more are not free",
    ],
    [
      "it needs a container",
      [relayWith()],
      wishFor("", { native: false }),
      "no relay has a container engine",
    ],
    [
      "it needs none",
      [relayWith({ presence: CONTAINERS })],
      wishFor("env=prod"),
      "no relay with env=prod runs native commands",
    ],
    [
      "the rules do not let it",
      [relayWith()],
      wishFor("env=prod", { mayRunOn: () => false }),
      "the rules of the command let it run on no relay with env=prod",
    ],
  ])("%s", (_what, relays, wish, said) => {
    assert.equal(whyNone(relays, wish), said);
  });

  test("is a line of a length that can be read", () => {
    const long = `a in (${Array.from({ length: 200 }, (_, index) => `value-${index}`).join(" ")})`;

    const said = whyNone([relayWith()], wishFor(long));

    assert.ok(said.startsWith("there is no relay with a in (value-0 value-1 "));
    assert.ok(said.length < 300);
  });
});
