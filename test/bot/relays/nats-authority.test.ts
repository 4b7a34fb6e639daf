import assert from "node:assert/strict";
import { decode } from "@nats-io/jwt";
import { describe, test } from "vitest";
import {
  describeOperator,
  makeCreds,
  makeSeed,
  type OperatorSeeds,
  publicKeyOf,
} from "../../../bot/relays/nats-accounts.ts";
import { type NatsFiles, openNatsAuthority } from "../../../bot/relays/nats-authority.ts";
import { checkUpdateAnswer, withUsersRevoked } from "../../../bot/relays/nats-claims.ts";
import { botPermissions } from "../../../bot/relays/nats-permissions.ts";
import { silentLog } from "../../relay/relay-under-test.ts";

async function seedsOf(): Promise<OperatorSeeds> {
  return {
    operator: await makeSeed("operator"),
    operatorSigning: await makeSeed("operatorSigning"),
    system: await makeSeed("system"),
    account: await makeSeed("account"),
    accountSigning: await makeSeed("accountSigning"),
  };
}

const seeds = await seedsOf();
const issuer = { accountId: await publicKeyOf(seeds.account), seed: seeds.accountSigning };
const creds = await makeCreds(issuer, { name: "bot", permissions: botPermissions() });
const all: NatsFiles = {
  creds,
  ca: undefined,
  accountKey: `${seeds.accountSigning}\n`,
  systemCreds: creds,
  operatorKey: `${seeds.operatorSigning}\n`,
};

const open = (change: Partial<NatsFiles>) =>
  openNatsAuthority("nats://127.0.0.1:1", { ...all, ...change }, silentLog);

describe("what a bot may do on the server follows from the files that it is given", () => {
  test("everything with all of them, and nothing with none", async () => {
    const none = { accountKey: undefined, systemCreds: undefined, operatorKey: undefined };

    const [full, without] = [await open({}), await open(none)];

    assert.equal(full.users?.accountId, issuer.accountId);
    assert.ok(full.removal);
    assert.deepEqual([without.users, without.removal], [undefined, undefined]);
  });

  test.each<[string, Partial<NatsFiles>, RegExp]>([
    ["half of what removal needs", { operatorKey: undefined }, /go together/],
    ["removal without users", { accountKey: undefined }, /no use without nats\.account_key_file/],
    ["users without credentials", { creds: undefined }, /needs nats\.creds_file/],
    ["credentials that are none", { creds: "nonsense" }, /nats\.creds_file holds no credentials/],
    ["a key that is none", { accountKey: "nonsense" }, /no seed of an account's key/],
    ["the operator's key for the account's", { accountKey: all.operatorKey }, /account's key \(SA/],
    [
      "the account's key for the operator's",
      { operatorKey: all.accountKey },
      /operator's key \(SO/,
    ],
  ])("refuses %s", async (_, change, line) => {
    await assert.rejects(open(change), line);
  });
});

describe("the claims of the account", () => {
  test("keep their limits, keys and earlier revocations when a user is refused", async () => {
    const { account } = await describeOperator(seeds);
    const once = await withUsersRevoked(account.jwt, ["UA"], seeds.operatorSigning);

    const twice = await withUsersRevoked(once, ["UA", "UB"], seeds.operatorSigning);

    const [before, between, after] = [account.jwt, once, twice].map((jwt) => natsOf(jwt));
    assert.deepEqual(Object.keys(after?.revocations ?? {}), ["UA", "UB"]);
    assert.equal(after?.revocations?.UA, between?.revocations?.UA);
    assert.deepEqual({ ...after, revocations: undefined }, { ...before, revocations: undefined });
    assert.equal(decode(twice).iss, await publicKeyOf(seeds.operatorSigning));
  });

  test("that the server did not take are an error in its own words", () => {
    const refusal = JSON.stringify({ error: { code: 500, description: "jwt not valid" } });

    assert.throws(() => checkUpdateAnswer(refusal), /refused the account's claims: jwt not valid/);
    checkUpdateAnswer(JSON.stringify({ data: { code: 200 } }));
  });
});

function natsOf(jwt: string) {
  return decode<{ revocations?: Record<string, number> }>(jwt).nats;
}
