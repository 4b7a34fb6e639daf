import assert from "node:assert/strict";
import { beforeAll, describe, test } from "vitest";
import { readPage } from "./markdown.ts";
import { citedBy, type ListedTest, listTests, statementsIn } from "./statements.ts";

/** The reference pages, and the letter of their statements. */
const PAGES = [
  { letter: "L", path: "docs/line-reference.md" },
  { letter: "R", path: "docs/rule-reference.md" },
  { letter: "B", path: "docs/bundle-reference.md" },
  { letter: "P", path: "docs/permissions.md" },
] as const;
const TESTS = ["test/bot/invocation/", "test/bot/rules/", "test/bot/bundles/", "test/bot/access/"];
const PARSING = ["tokenize", "parse", "readings"].map(
  (name) => `test/bot/invocation/${name}.test.ts`,
);

const pages = PAGES.map((page) => ({ ...page, ...statementsIn(readPage(page.path).text) }));
const ids = pages.flatMap(({ statements }) => statements.map(({ id }) => id));
let tests: readonly ListedTest[] = [];
beforeAll(async () => {
  tests = await listTests(TESTS);
}, 180_000);

describe.each(pages)("$path", ({ path, letter, statements, unnumbered }) => {
  test("has a number for everything that it states", () => {
    assert.deepEqual(unnumbered, []);
  });

  test(`numbers with ${letter}`, () => {
    assert.ok(statements.length > 10);
    assert.deepEqual(
      statements.filter(({ id }) => !id.startsWith(letter)),
      [],
    );
  });

  test("refers to statements that there are", () => {
    const references = [...readPage(path).text.matchAll(/\(([LRBP]\d\d)\)/g)];

    assert.deepEqual(
      references.map(([, id = ""]) => id).filter((id) => !ids.includes(id)),
      [],
    );
  });
});

describe("statements and tests", () => {
  test("no number is given twice", () => {
    const repeated = ids.filter((id, index) => ids.indexOf(id) !== index);

    assert.deepEqual(repeated, []);
  });

  test("every statement is in the title of a test", () => {
    const cited = new Set(tests.flatMap(citedBy));

    assert.deepEqual(
      ids.filter((id) => !cited.has(id)),
      [],
    );
  });

  test("every number in a title is that of a statement", () => {
    const strangers = tests.flatMap(citedBy).filter((id) => !ids.includes(id));

    assert.deepEqual([...new Set(strangers)], []);
  });

  test("at least 150 cases say how a line is parsed", () => {
    assert.ok(casesOf("L", PARSING).length >= 150);
  });

  test("at least 250 cases say what rules mean", () => {
    assert.ok(casesOf("R", ["test/bot/rules/"]).length >= 250);
  });

  function casesOf(letter: string, places: readonly string[]): ListedTest[] {
    return tests.filter(
      (each) =>
        places.some((place) => each.file.startsWith(place)) &&
        citedBy(each).some((id) => id.startsWith(letter)),
    );
  }
});

describe("what is wrong is found", () => {
  test.each([
    ["a paragraph", "## A\n\nSomething holds.\n", ["3: Something holds."]],
    ["a bullet", "## A\n\n- **L01** One.\n- Two.\n", ["4: - Two."]],
    ["a nested bullet", "## A\n\n- **L01** One.\n  - Two.\n", ["4:   - Two."]],
    ["a numbered item", "## A\n\n1. One.\n", ["3: 1. One."]],
    ["a number at the end", "## A\n\n- One. **L01**\n", ["3: - One. **L01**"]],
    ["two numbers", "## A\n\n- **L01** One, **L02** two.\n", ["3: - **L01** One, **L02** two."]],
    ["a row", "## A\n\n| a | b |\n|---|---|\n| x | y |\n", ["5: | x | y |"]],
    ["text after a heading", "## A\nOne.\n", ["2: One."]],
  ])("%s without a number of its own", (_what, text, expected) => {
    assert.deepEqual(statementsIn(text).unnumbered, expected);
  });

  test("what is no statement needs none", () => {
    const text =
      "Before.\n\n## A\n\n> One.\n\n```text\nTwo.\n```\n\n<!-- x: begin -->\nThree.\n<!-- x: end -->\n\n- **L01** Four,\n  and five.\n\n## Trying it\n\nSix.\n";

    assert.deepEqual(statementsIn(text), { statements: [{ id: "L01", line: 15 }], unnumbered: [] });
  });

  test.each([
    [["R07 an absent value"], ["R07"]],
    [
      ["R07 R08: both", "a row"],
      ["R07", "R08"],
    ],
    [["a group", "R09 a test"], ["R09"]],
    [["as R07 says"], []],
    [["R071 no number"], []],
  ])("%j cites %j", (titles, expected) => {
    assert.deepEqual(citedBy({ file: "", titles }), expected);
  });
});
