import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { readSigningKey, type SigningKey } from "../../relay/wire/keys.ts";
import { type RelayUnderTest, startedRelay } from "../relay/relay-under-test.ts";
import { newKey, type ScriptedBot } from "../support/scripted-bot.ts";
import { waitFor } from "../support/wait.ts";

/** A real relay whose bot tells it whatever a test wants. */
export interface AttackedRelay extends RelayUnderTest {
  /** Resolves once the relay has logged and counted this refusal. */
  refused(kind: string, reason: string): Promise<void>;
}

/** Was on the relay's key list once. */
export const LISTED_AND_DROPPED = newKey();

/** Its key list is the third: the second had one key more. */
export async function startAttackedRelay(): Promise<AttackedRelay> {
  const port = await freePort();
  const relay = await startedRelay({ ALDIS_RELAY_HEALTH_ADDRESS: `127.0.0.1:${port}` });
  const { bot } = relay;
  await giveList(bot, 2, [bot.key, LISTED_AND_DROPPED]);
  await giveList(bot, 3, [bot.key]);

  async function counted(kind: string, reason: string): Promise<boolean> {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const line = `aldis_relay_messages_refused_total{kind="${kind}",reason="${reason}"}`;
    return text.includes(line);
  }

  return {
    ...relay,
    async refused(kind, reason) {
      const isIt = (each: { kind: string; reason: string }) =>
        each.kind === kind && each.reason === reason;
      await waitFor(() => relay.refusals().some(isIt), { what: `refusing ${kind}: ${reason}` });
      assert.ok(await counted(kind, reason), `${kind} ${reason} is not counted`);
    },
  };
}

async function giveList(bot: ScriptedBot, number: number, keys: SigningKey[]): Promise<void> {
  const list = { number, keys: keys.map(({ publicJwk }) => publicJwk) };
  bot.send(Buffer.from(await bot.keyListJws(list)));
  await waitFor(() => bot.presences.at(-1)?.keyListNumber === number, { what: `list ${number}` });
}

export async function relayKeyOf(relay: RelayUnderTest): Promise<SigningKey> {
  return readSigningKey(await readFile(join(relay.directory(), "signing.pem"), "utf8"));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<unknown>((resolve) => server.close(resolve));
  assert.ok(typeof address === "object" && address);
  return address.port;
}
