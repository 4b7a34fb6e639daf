import assert from "node:assert/strict";
import { describe, expect, test } from "vitest";
import { explain } from "../../../bot/invocation/explain.ts";
import { understand } from "../../../bot/invocation/understand.ts";
import { messageOf, viewOf } from "./small-view.ts";

const WEB = `
aldis_bundle_version: 1
name: web
version: 1.0.0
description: A web site.
permissions: [deploy]
commands:
  deploy:
    executable: [/bin/true]
    native: true
    options: {}
    rules:
      - with relay.tag["region"] == "eu" allow
      - must have web:deploy
`;
const NOW = new Date("2026-05-04T14:30:00Z");
const HOLDING = { permissions: new Set(["web:deploy"]) };

function said(text = "!web:deploy") {
  return messageOf(text, NOW, { isDirect: true });
}

describe("a decision that hangs on the relay", () => {
  test.each([
    ["eu", "allow"],
    ["us", "allow"],
  ])("is made with the tags of the relay that is named: %s", (region, decision) => {
    const view = viewOf([WEB], HOLDING);

    const explanation = explain(view, said(), { region }, NOW);

    assert.equal(explanation.decision, decision);
    const outcome = region === "eu" ? "true" : "false";
    assert.equal(explanation.trial?.rules[0]?.outcome, outcome);
  });

  test("is left open without one, where it may still come out as allowed", () => {
    const source = WEB.replace("- must have web:deploy", "");
    const view = viewOf([source], {});

    const open = explain(view, said(), null, NOW);
    const wrong = explain(view, said(), { region: "us" }, NOW);
    const right = explain(view, said(), { region: "eu" }, NOW);

    expect(open).toMatchObject({ decision: "deny", trial: { openTags: ["region"] } });
    expect(wrong).toMatchObject({ decision: "deny", trial: { openTags: [] } });
    assert.equal(right.decision, "allow");
  });
});

describe("a denial for a missing permission", () => {
  const MANAGERS: readonly (readonly [string[], string])[] = [
    [[], ""],
    [["ada"], "; ask ada"],
    [["ada", "grace"], "; ask ada or grace"],
    [["ada", "alice", "grace"], "; ask ada or grace"],
    [["a", "b", "c", "d", "e", "f"], "; ask a, b, c, d or e"],
    [["alice"], ""],
  ];

  test.each(MANAGERS)("names whom of %j to ask, never the caller: %j", (accessManagers, ask) => {
    const view = { ...viewOf([WEB], {}), accessManagers };

    const understood = understand(view, said(), NOW);

    const expected = `web:deploy: denied, needs web:deploy${ask}`;
    expect(understood).toMatchObject({
      kind: "refused",
      answer: { blocks: [{ text: expected }] },
    });
  });

  test("no other denial names anybody", () => {
    const source = WEB.replace("- must have web:deploy", '- forbid because "not now"');
    const view = { ...viewOf([source], {}), accessManagers: ["ada"] };

    const explanation = explain(view, said(), null, NOW);

    assert.equal(explanation.answer, "web:deploy: denied, not now");
  });
});
