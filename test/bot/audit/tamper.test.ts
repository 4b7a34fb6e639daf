import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { REHASH, startTestAudit, type TestAudit } from "./audit-fixture.ts";

const COUNT = 12;

async function linkedAudit(): Promise<TestAudit> {
  const audit = await startTestAudit();
  await audit.append(COUNT);
  await audit.link();
  return audit;
}

const EVENT = (number: number) => `(select event_id from audit_chain where number = ${number})`;
/** Numbers from this one on move, without two ever being the same. */
const RENUMBER = (from: number, by: number) =>
  `update audit_chain set number = -number where number >= ${from};
   update audit_chain set number = -number + ${by} where number < 0`;
const NEW_EVENT = (id: string) =>
  `insert into audit_events (workspace_id, id, body, at, kind, method, detail_digest)
   select workspace_id, '${id}', jsonb_set(body::jsonb, '{id}', '"${id}"')::text::json, at, kind,
     method, detail_digest
   from audit_events where id = ${EVENT(3)}`;
const FORGED = "01990000-0000-7000-8000-000000000001";
const UNCHECKED = "alter table audit_chain drop constraint audit_chain_number_check";

interface Case {
  name: string;
  sql: string[];
  what: string;
  number: number | null;
  /** The relay's word is needed to find it. */
  needsHead?: boolean;
}

const cases: Case[] = [
  {
    name: "a body",
    sql: [
      `update audit_events set body = replace(body::text, 'test.5', 'test.X')::json where id = ${EVENT(5)}`,
    ],
    what: "altered",
    number: 5,
  },
  {
    name: "the last body",
    sql: [
      `update audit_events set body = replace(body::text, 'test.12', 'test.X')::json where id = ${EVENT(12)}`,
    ],
    what: "altered",
    number: 12,
  },
  {
    name: "a detail",
    sql: [`update audit_details set detail = '{"number": 99}' where event_id = ${EVENT(4)}`],
    what: "detail altered",
    number: 4,
  },
  {
    name: "a hash",
    sql: [`update audit_chain set hash = sha256('x') where number = 6`],
    what: "altered",
    number: 6,
  },
  {
    name: "an event that is gone",
    sql: [`delete from audit_events where id = ${EVENT(7)}`],
    what: "missing",
    number: 7,
  },
  {
    name: "a link that is gone",
    sql: [`delete from audit_chain where number = 7`],
    what: "missing",
    number: 8,
  },
  {
    name: "event and link that are gone, and the rest renumbered",
    sql: [
      UNCHECKED,
      `delete from audit_details where event_id = ${EVENT(7)}`,
      `delete from audit_events where id = ${EVENT(7)}`,
      `delete from audit_chain where number = 7`,
      RENUMBER(8, -1),
    ],
    what: "missing",
    number: 7,
  },
  {
    name: "two links that have changed places",
    sql: [
      UNCHECKED,
      `update audit_chain set number = case number when 5 then -6 else -5 end
      where number in (5, 6)`,
      `update audit_chain set number = -number where number < 0`,
    ],
    what: "out of order",
    number: 5,
  },
  {
    name: "two events that have changed places",
    sql: [
      `create temp table pair as select number, event_id from audit_chain where number in (5, 6)`,
      `alter table audit_chain drop constraint audit_chain_workspace_id_event_id_key`,
      `update audit_chain c set event_id = p.event_id from pair p
        where c.number in (5, 6) and p.number = 11 - c.number`,
    ],
    what: "out of order",
    number: 5,
  },
  {
    name: "an event put into the middle, with the hash that it would have there",
    sql: [
      UNCHECKED,
      NEW_EVENT(FORGED),
      RENUMBER(6, 1),
      `insert into audit_chain select workspace_id, 6, '${FORGED}', sha256(hash || int8send(6) ||
        sha256(convert_to((select body::text from audit_events where id = '${FORGED}'), 'UTF8')))
        from audit_chain where number = 5`,
    ],
    what: "inserted",
    number: 7,
  },
  {
    name: "an event put into the middle, with all hashes after it made anew",
    sql: [
      UNCHECKED,
      NEW_EVENT(FORGED),
      RENUMBER(6, 1),
      `insert into audit_chain select workspace_id, 6, '${FORGED}', '' from audit_chain where number = 5`,
      REHASH(6),
    ],
    what: "rewritten",
    number: COUNT,
  },
  {
    name: "an event that nobody appended as events are",
    sql: [NEW_EVENT(FORGED)],
    what: "forged",
    number: null,
  },
  {
    name: "an empty chain",
    sql: ["delete from audit_chain"],
    what: "cut",
    number: 0,
  },
  {
    name: "a key list of another's",
    sql: ["delete from key_lists"],
    what: "signature",
    number: null,
  },
  {
    name: "a head of nobody's",
    sql: [`update audit_heads set jws = left(jws, -8) || 'AAAAAAAA'`],
    what: "signature",
    number: null,
  },
  {
    name: "no head",
    sql: ["delete from audit_heads"],
    what: "signature",
    number: null,
  },
];

describe("who rules the database and turns its triggers off cannot hide", () => {
  test.each(cases)("$name", async ({ sql, what, number }) => {
    const audit = await linkedAudit();
    const untouched = await audit.verify();

    for (const text of sql) await audit.tamper(text);
    const exported = await audit.verify();
    const database = await audit.verifyDatabase();

    assert.deepEqual([untouched.whole, untouched.links], [true, COUNT]);
    for (const { whole, finding } of [exported, database]) {
      assert.deepEqual([whole, finding?.what, finding?.number], [false, what, number]);
    }
    if (number !== null && number > 0) assert.ok(exported.finding?.at);
  });
});

describe("a relay's head finds what the chain alone cannot", () => {
  const CUT = [
    "delete from audit_details where event_id in (select event_id from audit_chain where number > 8)",
    "delete from audit_events where id in (select event_id from audit_chain where number > 8)",
    "delete from audit_chain where number > 8",
    "delete from audit_heads",
  ];
  const REWRITE = [
    `update audit_events set body = replace(body::text, 'test.5', 'test.X')::json where id = ${EVENT(5)}`,
    REHASH(5),
    "delete from audit_heads",
  ];

  test("a cut tail, though a bot has signed the head that is left", async () => {
    const audit = await linkedAudit();
    const kept = await audit.keptHead();
    for (const text of CUT) await audit.tamper(text);
    await audit.link();

    const alone = await audit.verify();
    const witnessed = await audit.verify([kept]);

    assert.equal(alone.whole, true);
    assert.equal(witnessed.finding?.what, "cut");
    assert.match(
      witnessed.finding?.message ?? "",
      /the chain ends at 8, relay edge-1 has kept head 12/,
    );
  });

  test("a chain rewritten as a whole, which has grown since", async () => {
    const audit = await linkedAudit();
    const kept = await audit.keptHead();
    for (const text of REWRITE) await audit.tamper(text);
    await audit.append(3);
    await audit.link();

    const alone = await audit.verify();
    const witnessed = await audit.verify([kept]);

    assert.equal(alone.whole, true);
    assert.deepEqual([witnessed.finding?.what, witnessed.finding?.number], ["rewritten", COUNT]);
  });

  test("a chain rewritten as a whole, with an older head put back that still holds", async () => {
    const audit = await startTestAudit();
    await audit.append(4);
    await audit.link();
    const older = await audit.keptHead();
    await audit.append(COUNT - 4);
    await audit.link();
    const kept = await audit.keptHead();
    const untouched = await audit.verify([older, kept]);
    for (const text of REWRITE) await audit.tamper(text);
    await audit.tamper(
      `insert into audit_heads select workspace_id, 4, hash, $1 from audit_chain where number = 4`,
      [older.jws],
    );

    const alone = await audit.verify();
    const witnessed = await audit.verify([older, kept]);

    assert.deepEqual([untouched.whole, untouched.headsChecked], [true, 2]);
    assert.equal(alone.whole, true);
    assert.deepEqual([witnessed.finding?.what, witnessed.finding?.number], ["rewritten", COUNT]);
    assert.match(witnessed.finding?.message ?? "", /after 4, which still holds/);
  });
});
