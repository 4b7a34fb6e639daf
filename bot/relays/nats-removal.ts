import type { Logger } from "pino";
import type { MessageBus } from "../../relay/process/bus.ts";
import { connectNats } from "../../relay/process/nats-bus.ts";
import { natsAccess } from "../../relay/process/nats-options.ts";
import { randomName } from "../../relay/wire/ids.ts";
import { BotError } from "../errors.ts";
import type { Store } from "../store/pool.ts";
import { hasUntoldRemovals, listRemovedUsers, noteToldRemovals } from "./life.ts";
import { publicKeyOf } from "./nats-accounts.ts";
import { checkUpdateAnswer, withUsersRevoked } from "./nats-claims.ts";

export interface NatsRemovalOptions {
  servers: string;
  systemCreds: string;
  /** Seed of the operator's signing key: whoever has it rules the broker. */
  operatorSeed: string;
  /** The account whose users are removed. */
  accountId: string;
  ca: string | undefined;
  log: Logger;
}

/** Tells the NATS server to refuse users: their connections end at once, and none comes back. */
export interface NatsRemoval {
  revoke(users: readonly string[]): Promise<void>;
}

const WITHIN_MS = 5_000;

export async function openNatsRemoval(options: NatsRemovalOptions): Promise<NatsRemoval> {
  const { accountId, operatorSeed } = options;
  if (!(await publicKeyOf(operatorSeed).catch(() => "")).startsWith("O")) {
    throw new BotError("key", "nats.operator_key_file holds no seed of an operator's key (SO…)");
  }
  return {
    async revoke(users) {
      const bus = await connectAsSystem(options);
      try {
        const current = await ask(bus, `$SYS.REQ.ACCOUNT.${accountId}.CLAIMS.LOOKUP`, "");
        const next = await withUsersRevoked(current, users, operatorSeed);
        checkUpdateAnswer(await ask(bus, "$SYS.REQ.CLAIMS.UPDATE", next));
      } finally {
        await bus.stop();
      }
    },
  };
}

function connectAsSystem({ servers, systemCreds, ca, log }: NatsRemovalOptions) {
  return connectNats({
    servers,
    name: "aldis bot (system)",
    inboxPrefix: `_INBOX.bot.${randomName()}`,
    ...natsAccess({ creds: systemCreds }, ca),
    signal: AbortSignal.timeout(WITHIN_MS),
    onError: (error) => log.warn({ err: error }, "the NATS system account met a fault"),
    log,
  });
}

async function ask(bus: MessageBus, subject: string, body: string): Promise<string> {
  const answer = await bus.request(subject, Buffer.from(body), { timeoutMs: WITHIN_MS });
  return Buffer.from(answer).toString("utf8");
}

/**
 * Has the server refuse every relay that was removed; does nothing where it was told already. Bots
 * take turns, so that none puts back claims that another has just replaced.
 */
export async function tellRemovals(store: Store, removal: NatsRemoval): Promise<void> {
  if (!(await hasUntoldRemovals(store))) return;
  const client = await store.pool.connect();
  try {
    await client.query("begin");
    await client.query("select pg_advisory_xact_lock(hashtextextended('nats revocations', 1))");
    const users = await listRemovedUsers(store);
    await removal.revoke(users);
    await noteToldRemovals(store, users);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw error;
  } finally {
    client.release();
  }
}
