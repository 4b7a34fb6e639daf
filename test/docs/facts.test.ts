import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import { EXECUTION_STATES } from "../../bot/store/schema.ts";
import { packageRoot } from "../../relay/process/package-root.ts";
import { fromBot, fromRelay } from "../../relay/wire/envelope.ts";
import {
  BOTS_QUEUE,
  downTo,
  ENROL,
  inboxOf,
  outputFor,
  replyFrom,
  upFrom,
} from "../../relay/wire/subjects.ts";
import { readPage } from "./markdown.ts";

const read = (path: string) => readFileSync(join(packageRoot(), path), "utf8");

describe("the four places that the README names", () => {
  const readme = read("README.md");
  const places = [
    { path: "bot/invocation/handle.ts", says: "Where a typed line enters" },
    { path: "bot/invocation/authorize.ts", says: "Where it is decided" },
    { path: "bot/audit/record.ts", says: "Where what was typed is recorded" },
    { path: "relay/admission/admit.ts", says: "Where a relay refuses" },
  ];

  test.each(places)("$path: $says", ({ path, says }) => {
    assert.ok(readme.includes(`(${path})`), `README.md does not link ${path}`);
    assert.ok(commentsOf(read(path)).includes(says), `no comment in ${path} says "${says}"`);
  });

  function commentsOf(source: string): string {
    const comments = source.match(/\/\*\*[\s\S]*?\*\//g) ?? [];
    return comments.join("\n").replaceAll(/\s*\n \* ?/g, " ");
  }
});

describe("docs/README.md", () => {
  test("lists every decision under its own title", () => {
    const index = read("docs/README.md");
    const records = globSync("docs/adr/*.md", { cwd: packageRoot() });
    const missing = records.filter((path) => {
      const [, number, title] = /^# (\d+): (.+)$/m.exec(read(path)) ?? [];
      return !index.includes(`| [${number}](${path.replace("docs/", "")}) | ${title} |`);
    });

    assert.ok(records.length >= 9);
    assert.deepEqual(missing, []);
  });

  test("lists every other page", () => {
    const index = read("docs/README.md");
    const pages = globSync(["docs/*.md", "docs/guide/*.md"], { cwd: packageRoot() })
      .map((path) => path.replace("docs/", ""))
      .filter((path) => path !== "README.md");

    assert.deepEqual(
      pages.filter((path) => !index.includes(`(${path})`)),
      [],
    );
  });
});

test("decisions are short, and each has context, decision and consequence", () => {
  const odd = globSync("docs/adr/*.md", { cwd: packageRoot() }).filter((path) => {
    const text = read(path);
    const parts = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    return parts.join() !== "Context,Decision,Consequence" || text.split("\n").length > 40;
  });

  assert.deepEqual(odd, []);
});

test("the decision on dependencies has each of them", () => {
  const record = read("docs/adr/0003-dependencies.md");
  const names = [...read("package.json").matchAll(/^ {4}"([^"]+)": "[\^~]/gm)].map(
    ([, name]) => name,
  );
  const missing = names.filter(
    (name = "") => !record.includes(`\`${name.replace(/^@types\/.*/, "@types/*")}\``),
  );

  assert.ok(names.length > 15);
  assert.deepEqual(missing, []);
});

test("the glossary has every word of the product", () => {
  const words = `workspace adapter user identity group role permission bundle command invocation
    execution relay epoch selector offer claim permit result artifact audit_event report rubric
    proposal ballot`;
  const glossary = read("docs/glossary.md");
  const missing = words
    .split(/\s+/)
    .map((word) => word.replace("_", " "))
    .filter((word) => !glossary.includes(`| **${word}** |`));

  assert.deepEqual(missing, []);
});

describe("docs/architecture.md", () => {
  test("has every change of state that the database lets through, and no other", () => {
    const allowed = read("migrations/0000_ground.sql").split("(old.state, new.state) in (")[1];
    const arrows = [...(allowed?.split(") then")[0] ?? "").matchAll(/\('(.+?)', '(.+?)'\)/g)];
    const written = readPage("docs/architecture.md")
      .text.split("\n")
      .flatMap((line) => {
        const [, from, to = ""] = /^\| `([a-z-]+)` \| ((?:`[a-z-]+`(?:, )?)+) \|/.exec(line) ?? [];
        return [...to.matchAll(/`([a-z-]+)`/g)].map(([, state]) => `${from} → ${state}`);
      });

    assert.deepEqual(written.sort(), arrows.map(([, from, to]) => `${from} → ${to}`).sort());
    for (const state of EXECUTION_STATES) assert.ok(written.join().includes(state), state);
  });

  test("names every folder of both programs", () => {
    const text = read("docs/architecture.md");
    const folders = globSync(["bot/*/", "relay/*/"], { cwd: packageRoot() }).map((path) =>
      path.replaceAll("\\", "/").replace(/\/$/, ""),
    );
    const directories = folders.filter((path) => !path.endsWith(".ts"));

    assert.deepEqual(
      directories.filter((path) => !text.includes(`| \`${path}\``)),
      [],
    );
  });
});

describe("docs/relay-protocol.md", () => {
  const text = read("docs/relay-protocol.md");

  test("has every kind of message", () => {
    const kinds = [...Object.values(fromBot), ...Object.values(fromRelay)].map(({ typ }) => typ);

    assert.deepEqual(
      kinds.filter((typ) => !text.includes(`\`${typ}\``)),
      [],
    );
  });

  test("has every subject", () => {
    const [relay, bot] = ["<relay>", "<bot>"];
    const subjects = [
      downTo(relay),
      upFrom(relay, "presence"),
      upFrom(relay, "claim"),
      upFrom(relay, "output"),
      outputFor(relay, bot),
      upFrom(relay, "result"),
      replyFrom(relay, bot, "<x>"),
      ENROL,
    ];

    assert.deepEqual(
      subjects.filter((subject) => !text.includes(`| \`${subject}\` |`)),
      [],
    );
    assert.ok(text.includes(`queue group \`${BOTS_QUEUE}\``));
    assert.ok(text.includes(`\`${inboxOf("<its id>")}.>\``));
  });
});
