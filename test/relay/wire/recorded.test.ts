import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, test } from "vitest";
import { programVersion } from "../../../relay/process/package-root.ts";
import { splitBytes } from "../../../relay/wire/envelope.ts";
import { decodeFrames } from "../../../relay/wire/frames.ts";
import { inboxOfToken } from "../../../relay/wire/join-token.ts";
import { EnrolRequest, Result } from "../../../relay/wire/messages.ts";
import { outputDigestOf } from "../../../relay/wire/output-digest.ts";
import { messageSchema } from "../../docs/protocol-schemas.ts";
import { sequenceKinds } from "../../docs/protocol-sequence.ts";
import { createTestDatabase } from "../../support/postgres.ts";
import { newKey } from "../../support/scripted-bot.ts";
import { readerOf, readRecordings } from "./recorded-files.ts";
import { WIRE_KINDS } from "./recorded-kinds.ts";
import { open, openAgain } from "./recorded-open.ts";
import { recordRun } from "./recorded-run.ts";
import { bodiesIn, fieldsIn, subjectsOf } from "./recorded-seen.ts";
import { fieldsOf, withNewFields } from "./recorded-shape.ts";
import { bodiesOf, keysIn, type RecordedMessage } from "./recorded-tape.ts";

/**
 * Versions one minor apart work together: what an earlier one said is understood today, what today
 * is said an earlier one understands, and what a later one adds is dropped.
 */
const recordings = readRecordings();
const KINDS = Object.keys(WIRE_KINDS);

let today: readonly RecordedMessage[] = [];
beforeAll(async () => {
  const database = await createTestDatabase();
  try {
    today = await recordRun(database);
  } finally {
    await database.drop();
  }
}, 120_000);

test("there is a recording of this minor version, or of the one before", () => {
  const [major = "", minor = ""] = programVersion().split(".");
  const wanted = [minor, `${Number(minor) - 1}`].map((each) => `${major}.${each}`);

  assert.ok(recordings.some((recording) => wanted.includes(recording.minor)));
});

describe.each(recordings)("messages of $minor", (recording) => {
  const { messages } = recording;

  test.each(messages.map((message) => [message.kind, message] as const))(
    "%s is opened with every field that it was written with",
    async (_, message) => {
      const opened = await open(message, recording);

      assert.equal(opened.length, bodiesOf(message).length);
      assert.partialDeepStrictEqual(opened, bodiesOf(message));
    },
  );

  test.each(messages.map((message) => [message.kind, message] as const))(
    "%s with fields that a newer minor has added is opened as if they were not there",
    async (_, message) => {
      const key = newKey();
      const bodies = bodiesOf(message);
      const expected = await openAgain(message.kind, bodies, key);

      const opened = await openAgain(
        message.kind,
        bodies.map((body) => withNewFields(body)),
        key,
      );

      assert.deepEqual(opened, expected);
      assert.partialDeepStrictEqual(opened[0], withoutAuthority(bodies[0]));
    },
  );

  test.each(messages.map((message) => [message.kind, message] as const))(
    "%s whose version says that something must not be ignored is refused",
    async (_, message) => {
      const bodies = bodiesOf(message).map((body) => ({ ...Object(body), version: 2 }));

      await assert.rejects(openAgain(message.kind, bodies, newKey()));
    },
  );

  test.each(KINDS)("%s has every field today that it had then, of the same type", (kind) => {
    const now = new Set(fieldsIn(today, kind));
    const then = fieldsIn(messages, kind);

    assert.ok(then.length > 0);
    assert.deepEqual(
      then.filter((field) => !now.has(field)),
      [],
    );
  });

  test.each(KINDS)("%s goes by the subjects that it went by", (kind) => {
    assert.deepEqual(subjectsOf(today, kind), subjectsOf(messages, kind));
  });

  test("the result's digest is that of the output, and a newcomer is answered where it listens", () => {
    const [output] = messages.filter(({ kind }) => kind === "output");
    const { bytes } = splitBytes(Buffer.from(output?.payload ?? "", "latin1"));
    const [result] = bodiesIn(messages, "result");
    const [enrol] = messages.filter(({ kind }) => kind === "enrol");
    const { token } = EnrolRequest.parse(enrol && bodiesOf(enrol)[0]);

    assert.ok((decodeFrames(bytes)?.length ?? 0) > 0);
    assert.equal(outputDigestOf(bytes), Result.parse(result).outputDigest);
    assert.ok(enrol?.replyTo?.startsWith(`${inboxOfToken(token)}.`));
  });

  test.each(KINDS)("%s as it is said today is what a reader of then accepts", (kind) => {
    const accepts = compiled(recording.schemaOf(kind));

    assert.deepEqual(
      today.filter((m) => m.kind === kind && !bodiesOf(m).every(accepts)),
      [],
    );
  });

  test.each(KINDS)("%s of then is what its schema of today accepts", (kind) => {
    const accepts = compiled(messageSchema(kind));

    assert.deepEqual(
      messages.filter((m) => m.kind === kind && !bodiesOf(m).every(accepts)),
      [],
    );
  });
});

test("a run of today says every kind of message, and each is opened", async () => {
  const reader = { keys: readerOf(keysIn(today)) };

  const opened = await Promise.all(today.map((message) => open(message, reader)));

  assert.equal(opened.length, today.length);
  assert.deepEqual([...new Set(today.map(({ kind }) => kind))].sort(), KINDS.toSorted());
});

test("one execution goes as it is drawn", () => {
  const [offer] = today.filter(({ kind }) => kind === "offer");
  const executionId = /"executionId":"([^"]+)"/.exec(JSON.stringify(offer && bodiesOf(offer)))?.[1];
  const about = today.filter(
    (message) =>
      sequenceKinds().includes(message.kind) &&
      JSON.stringify(bodiesOf(message)).includes(executionId ?? "none"),
  );

  assert.deepEqual(
    about.map(({ kind }) => kind),
    sequenceKinds(),
  );
});

test("a field that is missing, or has another type, is found", () => {
  const before = fieldsOf({ claims: [{ attempt: 1, executionId: "e" }], tags: { any: "name" } });
  const after = fieldsOf({ claims: [{ attempt: "1" }], tags: {} });

  assert.deepEqual(
    before.filter((field) => !after.includes(field)),
    ["claims[].attempt: number", "claims[].executionId: string"],
  );
});

function compiled(schema: object): (body: unknown) => boolean {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });
  const isValid = ajv.compile(schema);
  return (body) => isValid(body);
}

/** A key list holds the key that signs it, which is another here. */
function withoutAuthority(body: unknown): object {
  const { authority: _, ...rest } = Object(body);
  return rest;
}
