import assert from "node:assert/strict";
import pg from "pg";
import type { Talk, TestBot } from "../../support/bot.ts";
import type { NativeRelay } from "../../support/native-relay.ts";
import { waitFor } from "../../support/wait.ts";

export interface Outcome {
  /** How often the command really ran. */
  ran: number;
  /** The state of its execution, once that is final; undefined where none was recorded. */
  state: string | undefined;
  /** What its caller was told. */
  told: string;
}

const FINAL = /^(succeeded|failed|timed-out|cancelled|interrupted|expired)$/;

/** Waits for the caller's answer and the execution's end, and holds the two to what really ran. */
export async function outcomeOf(
  ownerUrl: string,
  relay: NativeRelay,
  said: { talk: Talk; messageId: string; mark: string },
): Promise<Outcome> {
  const { talk, messageId, mark } = said;
  await talk.done;
  const owner = new pg.Client(ownerUrl);
  await owner.connect();
  try {
    const states = () => statesOf(owner, messageId);
    await waitFor(async () => (await states()).every((state) => FINAL.test(state)), {
      timeoutMs: 20_000,
      what: "the execution's end",
    });
    const [state, ...others] = await states();
    assert.deepEqual(others, []);
    const told = talk.end ? `ended: ${talk.end.state}` : talk.text();
    const outcome = { ran: await relay.timesRun(mark), state, told };
    checkTruth(outcome);
    return outcome;
  } finally {
    await owner.end();
  }
}

function checkTruth({ ran, state, told }: Outcome): void {
  const said = `ran ${ran} times, ${state ?? "not recorded"}, told: ${told}`;
  assert.ok(ran <= 1, said);
  assert.equal(ran === 1, state === "succeeded", said);
  if (told.startsWith("ended: ")) assert.equal(told, `ended: ${state}`, said);
  else if (/nothing was run/.test(told)) assert.equal(state, undefined, said);
  else assert.match(told, /may still run/, said);
}

async function statesOf(owner: pg.Client, messageId: string): Promise<string[]> {
  const { rows } = await owner.query<{ state: string }>(
    `select e.state from executions e join invocations i on i.id = e.invocation_id
     where i.message_id = $1`,
    [messageId],
  );
  return rows.map(({ state }) => state);
}

/** The bot answers as ever, without having been started again. */
export async function checkGoesOn(bot: TestBot, relay: NativeRelay): Promise<void> {
  const { line, mark } = relay.command();
  const talk = bot.say(line);
  await talk.done;
  assert.equal(talk.end?.state, "succeeded", talk.text());
  assert.equal(await relay.timesRun(mark), 1);
}
