import assert from "node:assert/strict";
import { Events, type NatsConnection } from "nats";
import { describe, test } from "vitest";
import { newcomerPermissions, relayPermissions } from "../../../bot/relays/nats-permissions.ts";
import { openNatsUsers } from "../../../bot/relays/nats-users.ts";
import { inboxOfToken } from "../../../relay/wire/join-token.ts";
import {
  audible,
  EVERYTHING,
  type GuardedNats,
  publishable,
  startGuardedNats,
} from "../../support/guarded-nats.ts";

const token = "t".repeat(43);
const inbox = inboxOfToken(token);

type User = "relay a" | "relay b" | "newcomer" | "bot";

function connect(nats: GuardedNats, user: User): Promise<NatsConnection> {
  switch (user) {
    case "relay a":
      return nats.connectAs(relayPermissions("a"), "_INBOX.a");
    case "relay b":
      return nats.connectAs(relayPermissions("b"), "_INBOX.b");
    case "newcomer":
      return nats.connectAs(newcomerPermissions(token), inbox);
    case "bot":
      return nats.read("bot.creds").then((creds) => nats.connectWith(creds, "_INBOX.bot.x"));
  }
}

/** Who may say something there; nobody else may. */
const PUBLISH: Readonly<Record<string, readonly User[]>> = {
  "aldis.up.a.claim": ["relay a"],
  "aldis.up.a.reply.x": ["relay a"],
  "aldis.up.b.result": ["relay b"],
  "aldis.up.b.output.bot": ["relay b"],
  "aldis.down.a": ["bot"],
  "aldis.down.b": ["bot"],
  "aldis.enrol": ["newcomer"],
  "aldis.bots.relays": ["bot"],
  "_INBOX.a.x": ["bot"],
  "_INBOX.b.x": ["bot"],
  "_INBOX.bot.x.1": ["bot"],
  [`${inbox}.x`]: ["bot"],
  "aldis.up.a": [],
  elsewhere: [],
};

/** Who hears what is said there; nobody else does. The second word is what is said. */
const SUBSCRIBE: readonly (readonly [string, string, readonly User[]])[] = [
  ["aldis.down.a", "aldis.down.a", ["relay a"]],
  ["aldis.down.b", "aldis.down.b", ["relay b"]],
  ["aldis.down.*", "aldis.down.a", []],
  ["_INBOX.a.>", "_INBOX.a.x", ["relay a"]],
  ["_INBOX.b.*", "_INBOX.b.x", ["relay b"]],
  ["_INBOX.bot.x.*", "_INBOX.bot.x.1", ["bot"]],
  [`${inbox}.*`, `${inbox}.x`, ["newcomer"]],
  ["_INBOX.>", "_INBOX.a.x", []],
  ["_INBOX.*.*", "_INBOX.b.x", []],
  ["aldis.up.a.claim", "aldis.up.a.claim", ["bot"]],
  ["aldis.up.>", "aldis.up.b.result", ["bot"]],
  ["aldis.enrol", "aldis.enrol", ["bot"]],
  ["aldis.bots.>", "aldis.bots.relays", ["bot"]],
  ["aldis.>", "aldis.down.a", []],
  [">", "elsewhere", []],
];

describe.each<User>(["relay a", "relay b", "newcomer", "bot"])("the server lets %s", (user) => {
  test("say exactly what is its to say", async () => {
    const nats = await startGuardedNats();
    const observer = await nats.connectAs(EVERYTHING);
    const subjects = Object.keys(PUBLISH);

    const heard = await publishable(await connect(nats, user), observer, subjects);
    const control = await publishable(await nats.connectAs(EVERYTHING), observer, subjects);

    const its = subjects.filter((subject) => PUBLISH[subject]?.includes(user));
    assert.deepEqual(heard.toSorted(), its.toSorted());
    assert.deepEqual(control.toSorted(), subjects.toSorted());
  });

  test("hear exactly what is for it", async () => {
    const nats = await startGuardedNats();
    const publisher = await nats.connectAs(EVERYTHING);

    const heard = await audible(await connect(nats, user), publisher, SUBSCRIBE);
    const control = await audible(await nats.connectAs(EVERYTHING), publisher, SUBSCRIBE);

    const its = SUBSCRIBE.filter(([, , users]) => users.includes(user)).map(([name]) => name);
    assert.deepEqual(heard.toSorted(), its.toSorted());
    assert.deepEqual(control.toSorted(), SUBSCRIBE.map(([name]) => name).toSorted());
  });
});

test("nobody comes in without credentials of the account", async () => {
  const nats = await startGuardedNats();
  const stranger = await startGuardedNats();

  const foreign = nats.connectWith(await stranger.read("bot.creds"));
  const known = await nats.connectWith(await nats.read("bot.creds"));

  await assert.rejects(foreign, /Authorization Violation/);
  await known.flush();
});

test("a newcomer comes in until its token expires, and not after", async () => {
  const nats = await startGuardedNats();
  const users = await openNatsUsers(await nats.read("bot.creds"), nats.issuer.seed);
  const at = (ms: number) => new Date(Date.now() + ms);

  const late = await users.newcomer(token, at(-2_000));
  const early = await users.newcomer(token, at(60_000));

  await assert.rejects(nats.connectWith(credsOf(late)), /Authorization Violation/);
  await (await nats.connectWith(credsOf(early), inbox)).flush();
});

test("a newcomer whose token expires is cut off", async () => {
  const nats = await startGuardedNats();
  const users = await openNatsUsers(await nats.read("bot.creds"), nats.issuer.seed);
  const soon = await users.newcomer(token, new Date(Date.now() + 3_000));
  const connection = await nats.connectWith(credsOf(soon), inbox);

  const statuses = connection.status()[Symbol.asyncIterator]();
  const said: unknown[] = [];
  while (!said.includes(Events.Disconnect)) said.push((await statuses.next()).value?.type);

  assert.ok(said.includes(Events.Disconnect));
});

function credsOf({ jwt, seed }: { jwt: string; seed: string }): string {
  return `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;
}
