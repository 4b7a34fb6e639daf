import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import { hashBeforeFirst, linkHash } from "../../../bot/audit/chain-hash.ts";
import { ExportLink } from "../../../bot/audit/export-format.ts";
import { eachLine } from "../../../bot/audit/lines-of.ts";
import { NotAnExport, verifyAudit } from "../../../bot/audit/verify.ts";
import { startTestAudit, type TestAudit } from "./audit-fixture.ts";

const COUNT = 9;

async function linkedAudit(): Promise<TestAudit> {
  const audit = await startTestAudit();
  await audit.append(COUNT);
  await audit.link();
  return audit;
}

/** Changes one link of an export; line 0 is the header, so that line and number agree. */
function onLink(number: number, change: (link: ExportLink) => ExportLink) {
  return (lines: string[]) =>
    lines.map((line, index) =>
      index === number ? JSON.stringify(change(ExportLink.parse(JSON.parse(line)))) : line,
    );
}

const without = (number: number) => (lines: string[]) => lines.filter((_, at) => at !== number);
const swapped = (one: number, other: number) => (lines: string[]) =>
  lines.map((line, at) => (at === one ? lines[other] : at === other ? lines[one] : line) ?? line);

const cases: [string, (lines: string[]) => string[], string, number | null][] = [
  [
    "a body",
    onLink(4, (link) => ({ ...link, event: link.event?.replace("test.4", "test.X") ?? null })),
    "altered",
    4,
  ],
  ["a detail", onLink(4, (link) => ({ ...link, detail: "{}" })), "detail altered", 4],
  ["an id", onLink(4, (link) => ({ ...link, id: link.id.replace(/.$/, "x") })), "altered", null],
  ["a line that is gone", without(4), "missing", 5],
  ["two lines that have changed places", swapped(4, 5), "out of order", 5],
  ["a line said twice", (lines) => lines.toSpliced(4, 0, lines[4] ?? ""), "out of order", 4],
  ["a line that is none", (lines) => lines.with(4, "{"), "altered", null],
  ["a tail that is gone", (lines) => lines.slice(0, 6), "cut", 5],
  ["a tail before the last line", (lines) => lines.toSpliced(6, 4), "cut", 5],
  ["no last line", (lines) => lines.slice(0, -1), "broken off", null],
];

describe("an export that was changed on its way", () => {
  test.each(cases)("%s", async (_, change, what, number) => {
    const audit = await linkedAudit();

    const untouched = await audit.verify();
    const { whole, finding } = await audit.verify([], change);

    assert.equal(untouched.whole, true);
    assert.deepEqual([whole, finding?.what, finding?.number], [false, what, number]);
  });

  test("is told from a file that is none", async () => {
    const audit = await linkedAudit();

    await assert.rejects(
      audit.verify([], () => ['{"format":"else"}']),
      NotAnExport,
    );
  });

  test("under another authority than the one pinned", async () => {
    const audit = await linkedAudit();
    const lines: string[] = [];
    await audit.verify([], (all) => {
      lines.push(...all);
      return all;
    });
    const source = () => eachLine(pieces(lines));

    const right = await verifyAudit(source(), { heads: [], authority: audit.authority });
    const wrong = await verifyAudit(source(), { heads: [], authority: "A".repeat(43) });

    assert.deepEqual([right.whole, right.isAuthorityPinned], [true, true]);
    assert.deepEqual([wrong.whole, wrong.finding?.what], [false, "signature"]);
  });
});

type Tampering = (links: ExportLink[]) => ExportLink[];

/** Each changes something, whatever was done before. */
const tampering: fc.Arbitrary<Tampering> = fc
  .tuple(fc.nat(COUNT - 1), fc.nat(COUNT - 1), fc.nat(6))
  .map(([one, other, kind]): Tampering => {
    return (links) => {
      const at = links[one % Math.max(1, links.length)];
      if (!at) return links;
      const index = links.indexOf(at);
      const target = other % links.length;
      switch (kind) {
        case 0:
          return links.toSpliced(index, 1);
        case 1:
          return links.toSpliced(index, 1, {
            ...at,
            event: at.event?.replace("system", "sys-tem") ?? null,
          });
        case 2:
          return links.toSpliced(index, 1, { ...at, hash: at.hash.replace(/^./, flip) });
        case 3:
          return links.toSpliced(index, 1, { ...at, detail: `${at.detail} ` });
        case 4:
          return links.toSpliced(index, 1).toSpliced(target, 0, at);
        case 5:
          return links.toSpliced(target, 0, at);
        default:
          return links.slice(0, index);
      }
    };
  });

function flip(digit: string): string {
  return digit === "0" ? "1" : "0";
}

/** What somebody does afterwards who knows the formula: numbers and hashes are right again. */
function repaired(links: readonly ExportLink[], workspaceId: string): ExportLink[] {
  let before = hashBeforeFirst(workspaceId);
  return links.map((link, index) => {
    before = linkHash(before, index + 1, link.event ?? "");
    return { ...link, number: index + 1, hash: before.toString("hex") };
  });
}

test("any sequence of changes to an export is found, repaired or not, by a kept head", async () => {
  const audit = await linkedAudit();
  const kept = await audit.keptHead();
  const original: string[] = [];
  await audit.verify([], (lines) => {
    original.push(...lines);
    return lines;
  });
  const links = original.slice(1, -1).map((line) => ExportLink.parse(JSON.parse(line)));
  const around = (inner: readonly ExportLink[]) => [
    original[0] ?? "",
    ...inner.map((link) => JSON.stringify(link)),
    original.at(-1)?.replace(`"last":${COUNT}`, `"last":${inner.length}`) ?? "",
  ];
  const check = (inner: readonly ExportLink[]) =>
    verifyAudit(eachLine(pieces(around(inner))), { heads: [kept] });

  const control = await check(links);
  assert.equal(control.whole, true);
  await fc.assert(
    fc.asyncProperty(
      fc.array(tampering, { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      async (tamperings, isRepaired) => {
        const changed = tamperings.reduce((inner, tamper) => tamper(inner), links);
        const final = isRepaired ? repaired(changed, audit.workspaceId) : changed;
        fc.pre(JSON.stringify(final) !== JSON.stringify(links));

        const { whole, finding } = await check(final);

        assert.equal(whole, false);
        assert.ok(finding?.message);
      },
    ),
    { numRuns: 500 },
  );
});

async function* pieces(lines: readonly string[]): AsyncGenerator<string> {
  yield lines.map((line) => `${line}\n`).join("");
}
