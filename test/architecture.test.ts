import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "vitest";

/**
 * Who may import whom: own folder, or any lower layer. Sideways only where {@link SIDEWAYS} lists
 * it. The table is docs/architecture.md's.
 */
const LAYERS: readonly (readonly string[])[] = [
  ["bot/errors", "relay/wire", "relay/process"],
  ["bot/store"],
  [
    "bot/access",
    "bot/rules",
    "bot/bundles",
    "bot/images",
    "bot/audit",
    "bot/approvals",
    "bot/pipelines",
    "bot/secrets",
    "bot/relays",
    "bot/dispatch",
    "bot/replies",
    "bot/artifacts",
    "bot/reports",
    "bot/webhooks",
  ],
  ["bot/invocation", "bot/schedules"],
  ["bot/chat", "bot/api", "bot/api/contracts", "bot/dashboard", "bot/cli", "bot/config"],
  ["bot/main"],
  ["bot/cli/aldis"],
];

const RELAY_LAYERS: readonly (readonly string[])[] = [
  ["relay/wire", "relay/process", "relay/failure"],
  ["relay/policy", "relay/runtime"],
  ["relay/journal", "relay/images"],
  ["relay/admission", "relay/execution"],
  ["relay/agent", "relay/identity", "relay/enrol", "relay/config"],
  ["relay/connect", "relay/rotate"],
  ["relay/main"],
  ["relay/commands"],
];

/** Within one layer. */
const SIDEWAYS: ReadonlySet<string> = new Set([
  "relay/process → relay/wire",
  "bot/access → bot/audit",
  "bot/audit → bot/access",
  "bot/bundles → bot/access",
  "bot/bundles → bot/audit",
  "bot/bundles → bot/rules",
  "bot/images → bot/bundles",
  "bot/images → bot/relays",
  "bot/dispatch → bot/audit",
  "bot/dispatch → bot/bundles",
  "bot/dispatch → bot/relays",
  "bot/api → bot/api/contracts",
  "bot/cli → bot/api/contracts",
  "bot/cli → bot/config",
  "bot/relays → bot/access",
  "bot/relays → bot/audit",
  "bot/relays → bot/secrets",
  "relay/agent → relay/identity",
  "relay/enrol → relay/identity",
]);

/** Of the relay, the bot sees only these. */
const SHARED: readonly string[] = ["relay/wire", "relay/process"];

/** Programs: they start what the rest only describes. */
const PROGRAMS: readonly string[] = [
  "bot/cli/aldis.ts",
  "bot/cli/bot-command.ts",
  "bot/cli/bundle-run.ts",
  "bot/cli/up/",
];

function isProgram(file: string): boolean {
  return PROGRAMS.some((program) => file.startsWith(program));
}

interface Import {
  from: string;
  to: string;
  isDynamic: boolean;
}

const files = globSync(["bot/**/*.ts", "relay/**/*.ts"]).map((file) => file.replaceAll("\\", "/"));
const imports = files.flatMap(importsOf);

function importsOf(from: string): Import[] {
  const text = readFileSync(from, "utf8");
  const statics = [...text.matchAll(/^(?:import|export)\b[^;]*?from "([^"]+)"/gm)];
  const dynamics = [...text.matchAll(/\bimport\("([^"]+)"\)/g)];
  const all = [
    ...statics.map(([, specifier]) => ({ specifier: specifier ?? "", isDynamic: false })),
    ...dynamics.map(([, specifier]) => ({ specifier: specifier ?? "", isDynamic: true })),
  ];
  return all.map(({ specifier, isDynamic }) => {
    const to = specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : specifier;
    return { from, to, isDynamic };
  });
}

/** The folder, or the file on the top level of a program, that a layer table names. */
function partOf(file: string): string {
  if (file === "bot/cli/aldis.ts") return "bot/cli/aldis";
  if (file.startsWith("bot/api/contracts/")) return "bot/api/contracts";
  const [program, second] = file.split("/");
  return `${program}/${(second ?? "").replace(/\.ts$/, "")}`;
}

function layerOf(part: string, layers: readonly (readonly string[])[]): number {
  return layers.findIndex((parts) => parts.includes(part));
}

const inside = imports.filter(({ to }) => to.startsWith("bot/") || to.startsWith("relay/"));

test("every file belongs to a layer", () => {
  const strangers = files.filter(
    (file) => layerOf(partOf(file), file.startsWith("bot/") ? LAYERS : RELAY_LAYERS) < 0,
  );

  assert.deepEqual(strangers, []);
});

test("a file imports its own folder, or a lower layer", () => {
  const wrong = inside.filter(({ from, to }) => {
    if (isProgram(from)) return false;
    const layers = from.startsWith("bot/") ? LAYERS : RELAY_LAYERS;
    const [importer, imported] = [partOf(from), partOf(to)];
    if (importer === imported || SIDEWAYS.has(`${importer} → ${imported}`)) return false;
    return layerOf(imported, layers) < 0 || layerOf(imported, layers) >= layerOf(importer, layers);
  });

  assert.deepEqual(wrong.map(print), []);
});

test("nothing in relay/ imports bot/, and bot/ sees only the relay's wire and process", () => {
  const wrong = inside.filter(({ from, to }) => {
    if (from.startsWith("relay/")) return to.startsWith("bot/");
    return !isProgram(from) && to.startsWith("relay/") && !SHARED.includes(partOf(to));
  });

  assert.deepEqual(wrong.map(print), []);
});

test("relay/wire imports only zod, jose, node:crypto and itself", () => {
  const allowed = new Set(["zod", "jose", "node:crypto"]);
  const wrong = imports.filter(
    ({ from, to }) =>
      from.startsWith("relay/wire/") && !allowed.has(to) && !to.startsWith("relay/wire/"),
  );

  assert.deepEqual(wrong.map(print), []);
});

test("there are no import cycles", () => {
  const targets = new Map<string, string[]>();
  for (const { from, to, isDynamic } of inside) {
    if (!isDynamic) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  const walk = (file: string, path: readonly string[]) => {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      return;
    }
    if (done.has(file)) return;
    for (const next of targets.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);

  assert.deepEqual(cycles, []);
});

test("packages that speak to the outside are imported in one place each", () => {
  const owners: Readonly<Record<string, string>> = {
    nats: "relay/process/",
    "@nats-io/jwt": "bot/relays/",
    fastify: "bot/api/",
    commander: "bot/cli/",
    "@slack/bolt": "bot/chat/slack/",
    "discord.js": "bot/chat/discord/",
  };
  const wrong = imports.filter(({ from, to }) => {
    const owner = owners[to];
    return owner !== undefined && !from.startsWith(owner);
  });

  assert.deepEqual(wrong.map(print), []);
});

test("files stay small: 250 lines, tables apart", () => {
  const exempt = new Set([
    "bot/store/schema.ts",
    "relay/wire/messages.ts",
    // The table of commands.
    "bot/cli/aldis.ts",
    // The one file that knows the NATS client.
    "relay/process/nats-bus.ts",
  ]);
  const long = files.filter(
    (file) => !exempt.has(file) && readFileSync(file, "utf8").split("\n").length > 250,
  );

  assert.deepEqual(long, []);
});

test("only programs read the environment", () => {
  const readers = files.filter((file) => /\bprocess\.env\b/.test(readFileSync(file, "utf8")));
  const programs = ["bot/cli/", "bot/main.ts", "relay/main.ts"];

  assert.deepEqual(
    readers.filter((file) => !programs.some((program) => file.startsWith(program))),
    [],
  );
});

function print({ from, to }: Import): string {
  return `${from} imports ${to}`;
}
