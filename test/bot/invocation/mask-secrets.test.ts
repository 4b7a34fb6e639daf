import assert from "node:assert/strict";
import { describe, test } from "vitest";
import type { Option } from "../../../bot/bundles/bundle.ts";
import { maskMalformed, maskSecrets } from "../../../bot/invocation/mask-secrets.ts";

const plain = { type: "string", description: "", required: false } as const;
const options: Record<string, Option> = {
  token: { ...plain, name: "token", short: "t", secret: true },
  env: { ...plain, name: "env", short: "e", secret: false },
  force: { ...plain, name: "force", type: "bool", short: "f", secret: false },
  pin: { ...plain, name: "pin", short: "5", secret: true },
};

describe("the values of secret options are not written down", () => {
  test.each([
    ["x --env prod", "x --env prod"],
    ["x --token abc", "x --token •••"],
    ["x --token abc y", "x --token ••• y"],
    ["x --token=abc y", "x --token=••• y"],
    ["x --token='a b' y", "x --token=••• y"],
    ['x --token "a b" y', "x --token ••• y"],
    ["x —token abc", "x —token •••"],
    ["x -t abc", "x -t •••"],
    ["x -ft abc", "x -ft •••"],
    ["x -t=abc", "x -t=•••"],
    ["x --tokn abc", "x --tokn •••"],
    ["x '--token' abc", "x '--token' •••"],
    ["x '--token=a b' y", "x '--token=••• y"],
    ["x --token ```a b``` y", "x --token ••• y"],
    ["x --token a --token b", "x --token ••• --token •••"],
    ["x --token abc --env 'y", "x •••"],
    ["x don't --token abc 'y", "x don't •••"],
    ["x 'y", "x 'y"],
    ["x --token", "x --token"],
    [`ok ""--token s3cret`, `ok ""--token •••`],
    [`ok ''--token=s3cret`, `ok ''--token=•••`],
    ["ok ```--token``` s3cret", "ok ```--token``` •••"],
    [`ok ""--token s3cret 'y`, "ok •••"],
    ["ok ``` --token``` s3cret 'y", "ok •••"],
    ["no -5 s3cret", "no -5 •••"],
    ["no -55=s3cret", "no -55=•••"],
  ])("%j: %j", (text, expected) => {
    assert.equal(maskSecrets(text, 1, { options }), expected);
  });

  test.each([`ok ""--token s3cret`, "ok ''--token=s3cret", "ok ```--token``` s3cret"])(
    "where words cannot be told apart, nor after %j",
    (text) => assert.equal(maskMalformed(text, 0, { options }), "ok •••"),
  );

  test("where nothing is secret the text stays as it is", () => {
    assert.equal(maskSecrets("x --token 'abc", 1, { options: {} }), "x --token 'abc");
  });
});
