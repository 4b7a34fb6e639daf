import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "vitest";
import {
  createRedaction,
  type RedactedStream,
  type Redaction,
} from "../../../relay/execution/redact.ts";
import "../../support/property-seed.ts";

/** What a stream says in the end of these pieces. */
function said(redaction: Redaction, pieces: readonly Uint8Array[]): Buffer {
  const stream = redaction.stream();
  if (!stream) return Buffer.concat(pieces);
  return Buffer.concat([...pieces.map((piece) => stream.push(piece)), stream.end()]);
}

function textOf(values: readonly string[], text: string): string {
  return said(createRedaction(values), [Buffer.from(text)]).toString();
}

function streamOf(...values: string[]): RedactedStream {
  const stream = createRedaction(values).stream();
  assert.ok(stream);
  return stream;
}

/** Cuts at these places, by the thousandth. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = places.map((place) => Math.floor((place * bytes.length) / 1000)).sort((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

/** Few letters, so that values overlap, repeat and begin within each other. */
const narrow = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 6, maxLength: 12 });
const wide = fc.string({ unit: "binary", minLength: 6, maxLength: 40 });
const value = fc
  .oneof(narrow, wide)
  .filter((text) => Buffer.byteLength(text) >= 6 && !text.includes("•"));
const places = fc.array(fc.nat(1000), { maxLength: 20 });

/** Texts that hold values, whole and torn. */
const scene = fc.array(value, { minLength: 1, maxLength: 4 }).chain((values) => {
  const piece = fc.oneof(
    fc.constantFrom(...values),
    fc
      .constantFrom(...values)
      .chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))),
    fc.string({ unit: fc.constantFrom("a", "b", " ") }),
    fc.string(),
  );
  return fc.record({
    values: fc.constant(values),
    text: fc.array(piece).map((all) => all.join("")),
  });
});

/** Whatever stands around it: decoded from each of the four places where a group may begin. */
function isEncodedIn(output: string, secret: Buffer): boolean {
  const runs = output.match(/[A-Za-z0-9+/_-]+/g) ?? [];
  return runs.some((run) =>
    [0, 1, 2, 3].some((from) => Buffer.from(run.slice(from), "base64").includes(secret)),
  );
}

describe("redaction", () => {
  test("is the same however the output was cut", () => {
    fc.assert(
      fc.property(scene, places, ({ values, text }, at) => {
        const redaction = createRedaction(values);
        const bytes = Buffer.from(text);

        const whole = said(redaction, [bytes]);

        assert.deepEqual(said(redaction, cut(bytes, at)), whole);
        assert.deepEqual(
          said(
            redaction,
            [...bytes].map((byte) => Buffer.of(byte)),
          ),
          whole,
        );
      }),
      { numRuns: 300 },
    );
  });

  test("shows no value as it is, and without it does", () => {
    fc.assert(
      fc.property(scene, fc.string(), ({ values, text }, before) => {
        const [secret = ""] = values;
        const bytes = Buffer.from(`${before}${secret}${text}`);

        const output = said(createRedaction(values), [bytes]);

        for (const each of values) assert.equal(output.includes(Buffer.from(each)), false);
        assert.equal(said(createRedaction([]), [bytes]).includes(Buffer.from(secret)), true);
      }),
      { numRuns: 300 },
    );
  });

  test("shows no value in base64, wherever in the encoded bytes it stands; without it does", () => {
    const around = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(
        value,
        around,
        around,
        fc.constantFrom("base64", "base64url"),
        (secret, before, after, as) => {
          const bytes = Buffer.from(secret);
          const text = Buffer.concat([before, bytes, after]).toString(as);

          const output = textOf([secret], `: ${text} .`);

          assert.equal(isEncodedIn(output, bytes), false, output);
          assert.equal(isEncodedIn(textOf([], `: ${text} .`), bytes), true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("shows no value as a URL holds it; without it does", () => {
    const forms: ((text: string) => string)[] = [
      encodeURIComponent,
      (text) => encodeURIComponent(text).replace(/%../g, (octet) => octet.toLowerCase()),
      (text) => new URLSearchParams({ text }).toString().slice("text=".length),
    ];
    fc.assert(
      fc.property(value, fc.constantFrom(...forms), (text, encode) => {
        const secret = text.toWellFormed();
        const line = `GET /?token=${encode(secret)}&x`;

        const output = textOf([secret], line);

        assert.equal(output.includes(encode(secret)), false, output);
        assert.equal(textOf([], line), line);
      }),
      { numRuns: 300 },
    );
  });

  test("changes nothing that holds no value", () => {
    const values = ["correct horse", "battery/staple"];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), places, (bytes, at) => {
        const output = said(createRedaction(values), cut(Buffer.from(bytes), at));

        assert.deepEqual(output, Buffer.from(bytes));
      }),
    );
  });

  test.each([
    { values: ["secret"], text: "my secret is secret.", shown: "my ••• is •••." },
    { values: ["secret"], text: "c2VjcmV0", shown: "•••" },
    { values: ["secrets"], text: "c2VjcmV0cw==", shown: "•••" },
    { values: ["a b/c?d"], text: "a%20b%2fc%3Fd a+b%2Fc%3Fd", shown: "a%20b%2fc%3Fd •••" },
    { values: ["abcdef", "defghi"], text: "abcdefghi!", shown: "•••!" },
    { values: ["abcdef"], text: "abcdefabcdef", shown: "••••••" },
    { values: ["abcdef", "abcdefghij"], text: "abcdefghi abcdefghij", shown: "•••ghi •••" },
    { values: ["short"], text: "short", shown: "short" },
    { values: ["пароль"], text: "it is пароль", shown: "it is •••" },
  ])("shows $shown for $text", ({ values, text, shown }) => {
    assert.equal(textOf(values, text), shown);
  });

  test("holds back no more than what a value begins with", () => {
    const stream = streamOf("hunter2-and-more");

    assert.equal(String(stream.push(Buffer.from("Password: "))), "Password: ");
    assert.equal(String(stream.push(Buffer.from("oh, hun"))), "oh, ");
    assert.equal(String(stream.push(Buffer.from("gry"))), "hungry");
  });

  test("shows a few letters of a beginning after a pause, and masks the rest if it comes", () => {
    const stream = streamOf("hunter2-and-more");

    assert.equal(String(stream.push(Buffer.from("hunt"))), "");
    assert.equal(String(stream.pause()), "hunt");
    assert.equal(String(stream.push(Buffer.from("er2-and-more."))), "•••.");
  });

  test("does not show after a pause what is worth hiding, but does at the end", () => {
    const stream = streamOf("hunter2-and-more");
    stream.push(Buffer.from("hunter2-a"));

    assert.equal(String(stream.pause()), "");
    assert.equal(String(stream.end()), "hunter2-a");
  });

  test("never says a value, wherever it pauses", () => {
    fc.assert(
      fc.property(scene, places, ({ values, text }, at) => {
        const stream = streamOf(...values);

        const pieces = cut(Buffer.from(text), at).flatMap((piece) => [
          stream.push(piece),
          stream.pause(),
        ]);
        const output = Buffer.concat([...pieces, stream.end()]);

        for (const each of values) assert.equal(output.includes(Buffer.from(each)), false);
      }),
      { numRuns: 300 },
    );
  });

  test("takes steps in proportion to the output, however hostile it is", () => {
    const stream = streamOf(`${"a".repeat(2000)}b`, "a".repeat(1999));
    const bytes = Buffer.alloc(1 << 20, "a");

    const before = process.cpuUsage();
    const output = Buffer.concat([stream.push(bytes), stream.end()]);
    const usedMs = process.cpuUsage(before).user / 1000;

    assert.equal(String(output), "•••");
    // Comparing anew at each place would take two thousand times as many steps.
    assert.ok(usedMs < 2_000, `${usedMs} ms`);
  });
});
