import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { describe, test } from "vitest";
import type { BusStatus } from "../../../relay/process/bus.ts";
import { startGuardedNats, startGuardedServer } from "../../support/guarded-nats.ts";
import { newHost, startNatsBots, startRelayHost } from "../../support/nats-bot.ts";
import { waitFor } from "../../support/wait.ts";

function isCutOff(statuses: readonly BusStatus[]): boolean {
  return statuses.at(-1)?.connected === false;
}

describe("a host that holds a join token and nothing else", () => {
  test("joins over TLS and is heard, as a user of its own whose seed has not left it", async () => {
    const nats = await startGuardedNats({ tls: true });
    const bot = await (await startNatsBots(nats)).start();

    const host = await startRelayHost(bot, "edge");

    assert.equal((await bot.listed())[0]?.state, "reachable");
    const stored = await readFile(join(host.dataDirectory, "relay/nats.json"), "utf8");
    const { user } = JSON.parse(stored);
    assert.match(user.seed, /^SU/);
    assert.ok(!JSON.stringify(host.token).includes(user.seed));
    assert.notEqual(host.token.user?.jwt, user.jwt);
  });

  test("gets the same identity for the same token, and another host none", async () => {
    const nats = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start();
    const [host, thief] = [await newHost(), await newHost()];
    const token = await bot.invite("edge");

    const first = await host.join(token);
    const again = await host.join(token);
    const other = await thief.join(token);

    assert.ok(first.ok && again.ok);
    assert.equal(again.identity.relayId, first.identity.relayId);
    assert.deepEqual(other, { ok: false, reason: "this join token has been used" });
    const { bus } = await host.connect(again.identity);
    await bus.flush();
  });

  test("trusts no server that the token's authority has not vouched for", async () => {
    const nats = await startGuardedNats({ tls: true });
    const stranger = await startGuardedNats({ tls: true });
    const bot = await (await startNatsBots(nats)).start();
    const token = await bot.invite("edge");
    const host = await newHost();

    const foreign = host.tryToConnect({ ...token, ca: await stranger.read("tls/ca.pem") });
    const right = host.tryToConnect(token);

    assert.match(await foreign, /certificate/);
    assert.equal(await right, "connected");
  });

  test("speaks to no server that has lost its TLS", async () => {
    const nats = await startGuardedNats({ tls: true });
    const bare = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start();
    const token = await bot.invite("edge");
    const host = await newHost();

    const stripped = host.tryToConnect({ ...token, nats: bare.url });

    assert.match(await stripped, /SERVER_OPTION_NA|tls/i);
  });
});

describe("a relay that is removed", () => {
  test("is cut off within a second and cannot come back; another stays", async () => {
    const nats = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start();
    const [gone, control] = [await startRelayHost(bot, "gone"), await startRelayHost(bot, "stays")];
    const its = await gone.connect(gone.identity);
    const others = await control.connect(control.identity);

    const removed = await bot.change(gone.identity.relayId, "remove");
    await waitFor(() => isCutOff(its.statuses), { timeoutMs: 1_000 });

    assert.deepEqual(removed, { changed: true });
    assert.match(await gone.tryToComeBack(gone.identity), /authorization/i);
    assert.equal(await control.tryToComeBack(control.identity), "connected");
    assert.equal(isCutOff(others.statuses), false);
    assert.deepEqual(
      (await bot.listed()).map(({ name, state }) => [name, state]),
      [["stays", "reachable"]],
    );
  });

  test("stays cut off when another is removed, and when the server is started again", async () => {
    const nats = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start();
    const [first, second] = [await startRelayHost(bot, "a"), await startRelayHost(bot, "b")];
    const control = await startRelayHost(bot, "c");
    await bot.change(first.identity.relayId, "remove");
    await bot.change(second.identity.relayId, "remove");

    await nats.server.stop();
    nats.server = await startGuardedServer(nats.directory, nats.server.port);

    assert.equal(await control.tryToComeBack(control.identity), "connected");
    assert.match(await first.tryToComeBack(first.identity), /authorization/i);
    assert.match(await second.tryToComeBack(second.identity), /authorization/i);
  });

  test("leaves its name free, and its host may join again as another", async () => {
    const nats = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start();
    const host = await startRelayHost(bot, "edge");
    await bot.change(host.identity.relayId, "remove");

    const old = await host.join(host.token);
    const joined = await host.join(await bot.invite("edge"));

    assert.deepEqual(old, { ok: false, reason: 'the relay "edge" was removed' });
    assert.ok(joined.ok);
    assert.notEqual(joined.identity.relayId, host.identity.relayId);
    assert.equal(await host.tryToComeBack(joined.identity), "connected");
  });

  test("is not told to the server without the keys for that, and whoever removes it reads so", async () => {
    const nats = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start({ cannotRemove: true });
    const host = await startRelayHost(bot, "edge");

    const { note } = await bot.change(host.identity.relayId, "remove");

    assert.equal(
      note,
      "the NATS server still lets edge connect, and nothing that it says is heard",
    );
    assert.equal(await host.tryToComeBack(host.identity), "connected");
    assert.equal(bot.stateOf(host.identity.relayId), "removed");
  });

  test("while the server is away is cut off once it is back", async () => {
    const nats = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start();
    const host = await startRelayHost(bot, "edge");
    await nats.server.stop();

    const { note } = await bot.change(host.identity.relayId, "remove");
    nats.server = await startGuardedServer(nats.directory, nats.server.port);
    const cutOff = waitFor(async () =>
      /authorization/i.test(await host.tryToComeBack(host.identity)),
    );

    assert.match(note ?? "", /could not be told/);
    await cutOff;
  });
});

describe("a relay that is suspended", () => {
  test("stays connected, and is heard again once it is resumed", async () => {
    const nats = await startGuardedNats();
    const bots = await startNatsBots(nats);
    const bot = await bots.start();
    const host = await startRelayHost(bot, "edge");
    const { relayId } = host.identity;
    const { statuses } = await host.connect(host.identity);

    const suspended = await bot.change(relayId, "suspend");
    const again = await bot.change(relayId, "suspend");
    const during = await bot.listed();
    const resumed = await bot.change(relayId, "resume");
    await waitFor(async () => (await bot.listed())[0]?.state === "reachable");

    assert.deepEqual(
      [suspended, again, resumed].map(({ changed }) => changed),
      [true, false, true],
    );
    assert.equal(during[0]?.state, "suspended");
    assert.equal(isCutOff(statuses), false);
  });

  test("each change is in the audit, with whom to ask", async () => {
    const nats = await startGuardedNats();
    const bot = await (await startNatsBots(nats)).start();
    const { identity } = await startRelayHost(bot, "edge");

    for (const action of ["suspend", "resume", "resume", "remove"]) {
      await bot.change(identity.relayId, action);
    }
    await assert.rejects(bot.change(identity.relayId, "resume"), /no such relay/);

    const { rows } = await bot.store.inWorkspace(bot.workspaceId, (db) =>
      db.execute<{ kind: string; object: string; known: boolean }>(
        sql`select kind, object, actor_id is not null as known from audit_events
          where relay_id = ${identity.relayId} and method = 'api' order by id`,
      ),
    );
    assert.deepEqual(
      rows.map(({ kind, object, known }) => [kind, object, known]),
      [
        ["relay.suspended", "relay:edge", true],
        ["relay.resumed", "relay:edge", true],
        ["relay.removed", "relay:edge", true],
      ],
    );
  });
});

test("every bot learns of a change at once", async () => {
  const nats = await startGuardedNats();
  const bots = await startNatsBots(nats);
  const [one, other] = [await bots.start(), await bots.start()];
  const { identity } = await startRelayHost(one, "edge");
  await waitFor(() => other.stateOf(identity.relayId) === "active", { timeoutMs: 1_500 });

  await one.change(identity.relayId, "suspend");
  await waitFor(() => other.stateOf(identity.relayId) === "suspended", { timeoutMs: 1_500 });
  await other.change(identity.relayId, "remove");
  await waitFor(() => one.stateOf(identity.relayId) === "removed", { timeoutMs: 1_500 });
});
