import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import { packageRoot } from "../../relay/process/package-root.ts";
import { rotation } from "../../relay/wire/rotation.ts";
import { BOTS_RELAYS, upFrom } from "../../relay/wire/subjects.ts";
import { WIRE_KINDS } from "../relay/wire/recorded-kinds.ts";
import { STATE_ARROWS } from "./protocol-drawings.ts";
import { FAILURES } from "./protocol-failures.ts";
import { fieldsOf } from "./protocol-messages.ts";
import { ENDS, STATE_CHANGES, statePairs } from "./protocol-states.ts";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");
const migrations = globSync("migrations/*.sql", { cwd: packageRoot() }).sort().map(read);

describe("the page", () => {
  const page = read("docs/relay-protocol.md");

  test("has every kind of message that is signed", () => {
    const signed = Object.values(WIRE_KINDS).flatMap(({ typ }) => typ ?? []);

    assert.ok(signed.length > 15);
    assert.deepEqual(
      [...signed, ...Object.values(rotation).map(({ typ }) => typ)].filter(
        (typ) => !page.includes(`\`${typ}\``),
      ),
      [],
    );
  });

  test("has the subjects of new keys and of bots among themselves", () => {
    for (const subject of [upFrom("<relay>", "rotate"), BOTS_RELAYS]) {
      assert.ok(page.includes(`| \`${subject}\` |`), subject);
    }
  });
});

describe("the states", () => {
  test("change as the trigger lets them, and no otherwise", () => {
    const newest = migrations.findLast((sql) => sql.includes("function check_transition"));
    const allowed = newest?.split("(old.state, new.state) in (")[1]?.split(") then")[0] ?? "";
    const pairs = [...allowed.matchAll(/\('(.+?)', '(.+?)'\)/g)];

    assert.ok(pairs.length > 10);
    assert.deepEqual(statePairs(), pairs.map(([, from, to]) => `${from} → ${to}`).sort());
  });

  test("are changed by functions that the database has", () => {
    const named = STATE_CHANGES.flatMap(({ sql }) => sql ?? []);

    assert.deepEqual(
      named.filter((name) => !isDefined(name)),
      [],
    );
    assert.equal(isDefined("lose_execution"), false);
  });

  test("are drawn, each change that anything causes", () => {
    const drawn = STATE_ARROWS.flatMap(({ change }) =>
      change.endsWith("ended")
        ? ENDS.map((end) => change.replace("ended", end))
        : [change.toString()],
    );

    assert.deepEqual([...new Set([...drawn, "offered → expired"])].sort(), statePairs());
  });

  /** Whether the last word on it is that there is one. */
  function isDefined(name: string): boolean {
    const words = migrations.join("\n").matchAll(/(create|drop)(?: or replace)? function (\w+)/g);
    return [...words].findLast(([, , each]) => each === name)?.[1] === "create";
  }
});

describe("the messages", () => {
  test.each(Object.keys(WIRE_KINDS))(
    "%s has words for each of its fields, and no others",
    (kind) => {
      assert.ok(fieldsOf(kind).length > 0);
    },
  );
});

describe("what can go wrong", () => {
  const shown = FAILURES.flatMap(({ what, shownBy }) =>
    shownBy.map(([file, title]) => [what, file, title] as const),
  );

  test("is shown by a test in each row", () => {
    assert.ok(FAILURES.length > 20);
    assert.deepEqual(
      FAILURES.filter(({ shownBy }) => shownBy.length === 0),
      [],
    );
  });

  test.each(shown)("%s: %s has the test “%s”", (_, file, title) => {
    assert.ok(hasTest(read(`test/${file}`), title));
  });

  test("a test that is not there is missed", () => {
    const source = 'test("one", f); test.each(rows)("%s two", f); // "three"';

    assert.deepEqual(
      ["one", "%s two", "three", "two"].filter((title) => hasTest(source, title)),
      ["one", "%s two"],
    );
  });

  /** As the title of a test or a group, perhaps behind the name of what a contract is run for. */
  function hasTest(source: string, title: string): boolean {
    const literal = title
      .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
      .replaceAll("…", "\\$\\{\\w+\\}");
    const call = "(?:test|describe)(?:\\.each)?(?:<[^]*?>)?\\((?:[^;]*?\\)\\()?";
    return new RegExp(`${call}\\s*["\`](?:\\$\\{name\\}: )?${literal}["\`]`).test(source);
  }
});
