import assert from "node:assert/strict";
import pg from "pg";
import { afterAll, beforeAll, describe, test } from "vitest";
import { startTestBot, type TestBot } from "../../support/bot.ts";
import type { ScriptedRelay } from "../../support/scripted-relay.ts";
import { waitFor } from "../../support/wait.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
relay: { selector: { tags: { env: prod } } }
commands:
  show:
    description: Shows.
    executable: [/bin/echo]
    native: true
    rules: [allow]
  hasty:
    description: Does not wait.
    executable: [/bin/echo]
    native: true
    rules: [allow]
    queue_timeout: 1s
  guarded:
    description: Not everywhere.
    executable: [/bin/echo]
    native: true
    rules: ['with relay.tag["zone"] == "a" allow']
`;

let bot: TestBot;
let owner: pg.Client;

beforeAll(async () => {
  // Some still wait at the end.
  bot = await startTestBot({ env: { ALDIS_STOP_DEADLINE: "100ms" } });
  await bot.install(WEB);
  owner = new pg.Client(bot.database.ownerUrl);
  await owner.connect();
});

afterAll(async () => {
  await owner.end();
  await bot.close();
});

/** Says a line, and gives each reason for which it waits as the caller is told it. */
function sayAndListen(text: string) {
  const talk = bot.say(text);
  const reasons: string[] = [];
  void waitFor(() => talk.executionId !== undefined).then(() => {
    bot.dispatch.live.watch(talk.executionId ?? "", {
      state: (state, detail) => {
        if (state === "waiting" && reasons.at(-1) !== detail) reasons.push(detail);
      },
      output: () => {},
      ended: () => {},
    });
  });
  const reads = (reason: string) =>
    waitFor(() => reasons.at(-1) === reason, { what: `"${reason}", not ${reasons.at(-1)}` });
  return { talk, reads };
}

async function rowOf(executionId: string | undefined) {
  const { rows } = await owner.query("select state, reason from executions where id = $1", [
    executionId,
  ]);
  return rows[0];
}

describe("a command that no relay takes says why", () => {
  let prod: ScriptedRelay;

  async function leaves(change: { draining?: boolean; capacity?: number }): Promise<void> {
    await prod.announce(change);
    const { draining = false, capacity = 8 } = change;
    await waitFor(() => {
      const presence = bot.dispatch.registry.find(prod.id)?.presence;
      return presence?.draining === draining && presence.capacity === capacity;
    });
  }

  test("as long as there is none that matches", async () => {
    const { talk, reads } = sayAndListen("!web:show");

    await reads("no relay has joined");
    await bot.relay("dev-1", { tags: { env: "dev" } });
    await reads("there is no relay with env=prod");
    prod = await bot.relay("prod-1", { tags: { env: "prod" }, runsEverything: true });
    await talk.done;

    assert.deepEqual(await rowOf(talk.executionId), { state: "succeeded", reason: null });
  });

  test("anew when the reason changes, and in its row", async () => {
    await leaves({ draining: true });
    const { talk, reads } = sayAndListen("!web:show");

    await reads("no relay with env=prod is free: prod-1 is draining");
    await leaves({ capacity: 0 });
    const full = "no relay with env=prod is free: prod-1 is full (0 of 0)";
    await reads(full);
    assert.deepEqual(await rowOf(talk.executionId), { state: "queued", reason: full });
    await prod.announce();
    await talk.done;

    assert.equal(talk.end?.state, "succeeded");
  });

  test("where its rules do not let it run on any of them", async () => {
    const { reads } = sayAndListen("!web:guarded");

    await reads("the rules of the command let it run on no relay with env=prod");
  });

  test("in the words of the relay that has refused it", async () => {
    prod.refuseWith = { code: "native-not-allowed", reason: "its owner does not let it" };
    const { talk, reads } = sayAndListen("!web:show");

    await reads("prod-1: its owner does not let it");
    await waitFor(
      async () => (await rowOf(talk.executionId)).reason === "prod-1: its owner does not let it",
    );
    prod.refuseWith = undefined;
  });

  test("and ends with it, if no relay takes it in time", async () => {
    await leaves({ draining: true });
    const talk = bot.say("!web:hasty");
    await talk.done;

    assert.deepEqual(
      [talk.end?.state, talk.end?.reason],
      ["expired", "no relay with env=prod is free: prod-1 is draining"],
    );
  });
});
