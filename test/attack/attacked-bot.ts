import assert from "node:assert/strict";
import { sql } from "drizzle-orm";
import type { Bot } from "../../bot/main.ts";
import { randomName } from "../../relay/wire/ids.ts";
import type { Offered } from "../../relay/wire/messages.ts";
import { inboxOf, type UpKind, upFrom } from "../../relay/wire/subjects.ts";
import type { TestBot } from "../support/bot.ts";
import { changeEnrolled } from "../support/enrolled.ts";
import { newKey } from "../support/scripted-bot.ts";
import type { ScriptedRelay } from "../support/scripted-relay.ts";
import { waitFor } from "../support/wait.ts";

/** The key of every attacked relay before its last rotation. */
export const REPLACED = newKey();

/** A relay that is known to the bot, has changed its keys once, and is not heard at the moment. */
export async function startTarget(bot: TestBot): Promise<ScriptedRelay> {
  const relay = await bot.relay(`target-${randomName()}`);
  const { workspaceId } = bot;
  await changeEnrolled(
    bot.dispatch,
    { workspaceId, id: relay.id },
    {
      previousSigningKey: REPLACED.publicJwk,
      previousSigningKeyUntil: new Date(Date.now() + 3_600_000),
      keysChangedAt: new Date(),
    },
  );
  await bot.dispatch.registry.refresh();
  return relay;
}

/** Does it, and resolves once the bot has counted the refusal and put it on record. */
export async function refusing(
  bot: Bot,
  of: { relayId: string | null; kind: string; reason: string },
  act: () => unknown,
): Promise<void> {
  const before = await counted(bot, of);
  await act();
  await waitFor(async () => (await recorded(bot, of)) > 0, {
    what: JSON.stringify(of),
    timeoutMs: 5_000,
  });
  assert.ok((await counted(bot, of)) > before, `${of.kind} ${of.reason} is not counted`);
}

/** How often the audit says so. */
export async function recorded(
  bot: Bot,
  of: { relayId: string | null; kind: string; reason: string },
): Promise<number> {
  const { relayId, kind, reason } = of;
  const detail = JSON.stringify({ message: kind, reason });
  const { rows } = await bot.store.inWorkspace(bot.workspaceId, (db) =>
    db.execute<{ count: string }>(sql`select count(*) from audit_events e
      join audit_details d on d.event_id = e.id
      where e.kind = 'message.refused' and e.relay_id is not distinct from ${relayId}
        and d.detail::jsonb = ${detail}::jsonb`),
  );
  return Number(rows[0]?.count);
}

export async function counted(
  bot: Bot,
  { kind, reason }: { kind: string; reason: string },
): Promise<number> {
  const text = await (await fetch(`${bot.apiAddress}/metrics`)).text();
  const name = `aldis_messages_refused_total{kind="${kind}",reason="${reason}"}`;
  const line = text.split("\n").find((each) => each.startsWith(name));
  return Number(line?.slice(name.length) ?? 0);
}

/** Sends it in the relay's name, and asks for an answer where the relay listens. */
export function sendAs(
  relay: ScriptedRelay,
  kind: UpKind,
  payload: Uint8Array,
  replyTo = `${inboxOf(relay.id)}.${randomName()}`,
): Promise<Uint8Array | undefined> {
  const asked = relay.bus.request(upFrom(relay.id, kind), payload, { timeoutMs: 300, replyTo });
  return asked.catch(() => undefined);
}

export async function stateOf(bot: TestBot, executionId: string): Promise<string | undefined> {
  return (await bot.dispatch.executions.find(bot.workspaceId, executionId))?.state;
}

/** A command that was offered to this relay; it is not claimed yet. */
export async function offeredTo(bot: TestBot, relay: ScriptedRelay) {
  const talk = bot.say(`!echo ${randomName()}`);
  // What another test left in the queue may be offered here too.
  const isIt = ({ spec }: Offered) => spec.executionId === talk.executionId;
  const offer = await waitFor(() => relay.offers.find(isIt), {
    what: "an offer",
    timeoutMs: 5_000,
  });
  return { talk, about: { executionId: offer.spec.executionId, attempt: offer.attempt } };
}
