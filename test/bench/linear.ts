import { warningsOf } from "../../bot/bundles/lint.ts";
import { loadBundle } from "../../bot/bundles/load.ts";
import { addressOf } from "../../bot/invocation/address.ts";
import { maskMalformed, maskSecrets } from "../../bot/invocation/mask-secrets.ts";
import { parseWords } from "../../bot/invocation/parse.ts";
import type { Grammar } from "../../bot/invocation/parsed-words.ts";
import { tokenize } from "../../bot/invocation/tokenize.ts";
import { evaluate } from "../../bot/rules/evaluate.ts";
import type { Facts } from "../../bot/rules/facts.ts";
import { parseRule } from "../../bot/rules/parse.ts";
import { compilePattern } from "../../bot/rules/pattern.ts";
import { BUNDLES } from "./linear-bundles.ts";
import { type Figure, ROUNDS, type Round } from "./measure.ts";

/** One kind of hostile input, of any size. */
interface Case {
  what: string;
  /** In characters, of the larger input; the smaller one has a tenth. */
  size: number;
  /** Makes the input, outside the measured time, and gives what is measured. */
  prepare(size: number): () => unknown;
}

const MIB = 1024 * 1024;
/** Rules and words are refused beyond these. */
const MAX_RULE = 10_000;
const MAX_WORD = 64 * 1024;
/** Some systems count a thread's time in steps of several milliseconds. */
const AT_LEAST_MS = 40;
const TARGET = 15;
/** What takes longer than this is measured again only where it seems to miss its target. */
const LONG_MS = 300;
const REPETITIONS = 2;

/**
 * What anybody can send takes time in proportion to its length, whatever it is. Times are those of
 * the processor, so that it does not matter what else the machine has to do.
 */
export async function measureLinear(): Promise<Figure[]> {
  return cases().map(({ what, size, prepare }, index, all) => {
    process.stderr.write(`  ${index + 1} of ${all.length}: ${what}\n`);
    const [small, large] = [prepare(size / 10), prepare(size)];
    const times = repetitionsFor(small);
    return {
      id: "linear",
      what,
      unit: "ms",
      direction: "≤",
      target: TARGET,
      floorName: "the tenth of the input",
      rounds: measureRounds(small, large, times),
    };
  });
}

function measureRounds(small: () => unknown, large: () => unknown, times: number): Round[] {
  const first = round(small, large, times, 1);
  const isMet = first.measured <= TARGET * first.floor;
  if (first.measured > LONG_MS && isMet) return [first];
  return Array.from({ length: ROUNDS }, () => round(small, large, times, REPETITIONS));
}

function round(
  small: () => unknown,
  large: () => unknown,
  times: number,
  repetitions: number,
): Round {
  const best = (work: () => unknown, count: number) =>
    Math.min(...Array.from({ length: repetitions }, () => elapsedMs(work, count) / count));
  return { floor: best(small, times), measured: best(large, Math.ceil(times / 10)) };
}

/** How often the work must be repeated to take a time that can be measured. */
function repetitionsFor(work: () => unknown): number {
  let times = 1;
  while (elapsedMs(work, times) < AT_LEAST_MS) times *= 2;
  return times;
}

function elapsedMs(work: () => unknown, times: number): number {
  const start = process.threadCpuUsage();
  for (let index = 0; index < times; index++) work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

/** A text over and over, as often as it goes into this many characters. */
function fill(unit: string, size: number): string {
  return unit.repeat(Math.max(1, Math.floor(size / unit.length)));
}

function cases(): Case[] {
  return [
    ...patternCases(),
    ...textCases(),
    ...ruleCases(),
    ...evaluationCases(),
    ...Object.entries(BUNDLES).map(([what, make]) => ({
      what: `bundle: ${what}`,
      size: MIB - 2_000,
      prepare(size: number) {
        const text = make(size);
        return () => {
          const loaded = loadBundle(text, "bundle.yaml");
          return loaded.ok ? warningsOf(loaded) : loaded.errors;
        };
      },
    })),
  ];
}

/** With what must stand first for the engine to look further: it knows letters that must occur. */
const PATTERNS: readonly (readonly [source: string, head: string])[] = [
  ["(a+)+$", "b"],
  ["(a+)+$b?^", ""],
  ["(a|a)+b", "b"],
  ["(a+a+)+y", "y"],
  ["(.*)*=$", "="],
  ["(.*.*.*)*=$", "="],
  ["((a{1,5}){1,5}){1,5}b", "b"],
  ["(a?){30}a{30}b", "b"],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", "A"],
  ["(?i)(á|a)*ß", "ß"],
];

function patternCases(): Case[] {
  return PATTERNS.map(([source, head]) => ({
    what: `pattern: ${source}`,
    size: MIB,
    prepare(size) {
      const compiled = compilePattern(source, 0);
      if (!compiled.ok) throw new Error(`${source}: ${compiled.message}`);
      const text = head + fill("a", size);
      return () => compiled.pattern.isIn(text);
    },
  }));
}

const option = (name: string, type: "bool" | "string" | "list", short: string) => ({
  name,
  type,
  short,
  description: "",
  required: false,
  secret: name === "token",
});
const OPTIONS = {
  force: option("force", "bool", "f"),
  tags: option("tags", "list", "t"),
  token: option("token", "string", "s"),
};
const DECLARED: Grammar = { declaresOptions: true, options: OPTIONS, arguments: [] };
const UNDECLARED: Grammar = { declaresOptions: false, options: {}, arguments: [] };

const TEXTS: Readonly<Record<string, string>> = {
  words: "word ",
  letters: "a ",
  "long words": `${"w".repeat(5_000)} `,
  "single quotes": "'a b' ",
  "double quotes": '"a b" ',
  "quotes within": "don't'\" ",
  backslashes: '"\\\\\\"\\n" ',
  "bare backslashes": "\\\\ ",
  "option-like": "--tags=a -t b ",
  "comma lists": `--tags=${"a,".repeat(2_500)} `,
  flags: "-f ",
  "many letters": `-${"x".repeat(5_000)} `,
  "unknown options": "--tokn=x --a --b=c ",
  "secret options": "--token=a ",
  terminators: "-- a ",
  numbers: "-1 -.5 0x1 ",
  equals: "a=b=='c d' ",
  fences: "```\na b\n``` ",
  "white space": "\u00a0\u3000\u2003\u2028\t\n",
  "typographic quotes": "“a b” ‘c d’ „e f“ ",
  dashes: "—tags=a –f ",
  surrogates: "\ud83d\ude00\ud83d ",
  mentions: "@aldis, ",
};

/** Unclosed at the very end of the text, or at its very start. */
const UNCLOSED = ["'", '"', "“", "```", '"\\'];

function textCases(): Case[] {
  const units = Object.entries(TEXTS).map(([what, unit]) => ({
    what,
    make: (size: number) => fill(unit, size),
  }));
  const unclosed = UNCLOSED.flatMap((quote) => [
    { what: `unclosed ${quote}`, make: (size: number) => quote + fill("a ", size) },
    { what: `unclosed ${quote} last`, make: (size: number) => fill("a ", size) + quote },
  ]);
  return [...units, ...unclosed].map(({ what, make }) => ({
    what: `text: ${what}`,
    size: MIB,
    prepare(size) {
      const text = ` ${make(size)}`;
      return () => understand(text);
    },
  }));
}

/** All that is done with a text before anybody is asked whether it may run. */
function understand(text: string): void {
  addressOf(text, { prefix: "!", mentions: ["@aldis", "/aldis"], isDirect: true });
  maskSecrets(text, 0, DECLARED);
  maskMalformed(text, 0, DECLARED);
  const tokens = tokenize(text);
  if (!tokens.ok) return;
  parseWords(DECLARED, tokens.words, text.length);
  parseWords(UNDECLARED, tokens.words, text.length);
}

const RULES: Readonly<Record<string, (size: number) => string>> = {
  "long and-chain": (size) => `with ${fill("hour > 1 and ", size - 40)} hour > 1 allow`,
  "long list": (size) => `with arg[0] in [${fill("'a', 1, b, ", size - 40)}'b'] allow`,
  "many parentheses": (size) => `with ${fill("((hour > 1)) and ", size - 40)} hour > 1 allow`,
  "unclosed parentheses": (size) => `with ${fill("(", size - 20)}`,
  nots: (size) => `with ${fill("not ", size - 30)}hour > 1 allow`,
  "many nots": (size) => `with ${fill("not not hour > 1 or ", size - 40)} hour > 1 allow`,
  patterns: (size) => `with arg[0] in [${fill("/a+b/, ", size - 40)}/c/] allow`,
  "unclosed pattern": (size) => `with arg[0] == /${fill("\\/", size - 40)}`,
  "unclosed quote": (size) => `with arg[0] == "${fill('\\"', size - 40)}`,
  permissions: (size) => `must have ${fill("a:b and a:c or ", size - 40)}a:d`,
  numbers: (size) => `with arg[0] == ${fill("1", size - 40)} allow`,
  "nearly numbers": (size) => `with arg[0] == ${fill("1", size - 40)}x allow`,
  "white space": (size) => `${fill(" \n", size - 40)} allow`,
};

function ruleCases(): Case[] {
  return Object.entries(RULES).map(([what, make]) => ({
    what: `rule: ${what}`,
    size: MAX_RULE,
    prepare(size) {
      const text = make(size);
      return () => parseRule(text, "a:b");
    },
  }));
}

function evaluationCases(): Case[] {
  const list = (size: number) => Array.from({ length: size / 10 }, (_, index) => `word${index}`);
  const digits = (size: number) => [`0.${fill("0", size - 3)}1`];
  const nines = (size: number) => [fill("9", size)];
  return [
    evaluationCase("any arg in a list", "any arg in [a, b, /c+$/]", MIB, list),
    evaluationCase("not all arg", "not all arg != 'a' or not any arg == 1", MIB, list),
    evaluationCase("zeros", "arg[0] > 0.1 or arg[0] == 1", MAX_WORD, digits),
    evaluationCase("digits", `arg[0] > ${fill("9", 5_000)}`, MAX_WORD, nines),
    evaluationCase("pattern", "arg[0] == /(a+)+$/", MAX_WORD, nines),
  ];
}

function evaluationCase(
  what: string,
  condition: string,
  size: number,
  argumentsOf: (size: number) => readonly string[],
): Case {
  const parsed = parseRule(`with ${condition} allow`, "a:b");
  if (!parsed.ok) throw new Error(`${condition}: ${parsed.problem.message}`);
  const prepare = (wanted: number) => {
    const facts: Facts = { ...FACTS, arguments: argumentsOf(Math.floor(wanted)) };
    return () => evaluate(parsed.rule.condition, facts);
  };
  return { what: `evaluate: ${what}`, size, prepare };
}

const FACTS: Facts = {
  command: "a:b",
  options: {},
  arguments: [],
  user: "ada",
  groups: [],
  roles: [],
  permissions: new Set(),
  adapter: "console",
  now: new Date(0),
  timeZone: "UTC",
  relayTags: null,
};
