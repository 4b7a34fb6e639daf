import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import type { Option } from "../../../bot/bundles/bundle.ts";
import { maskMalformed, maskSecrets } from "../../../bot/invocation/mask-secrets.ts";
import { parseWords } from "../../../bot/invocation/parse.ts";
import type { Grammar, ParsedWords } from "../../../bot/invocation/parsed-words.ts";
import { readAllWays } from "../../../bot/invocation/readings.ts";
import { tokenize, type Word } from "../../../bot/invocation/tokenize.ts";
import { decide } from "../../../bot/rules/decide.ts";
import { rules } from "../rules/rule-arbitraries.ts";
import { factsWith, RUNS, RUNS_TIMEOUT_MS, ruleOf } from "../rules/rule-facts.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

/** What rules ask for and may be typed shorter; a program's own name is never short for another. */
const LONG_NAMES: readonly string[] = ["a", "b", "list"];

interface Reading {
  options: Record<string, string[]>;
  arguments: string[];
}

/**
 * Reads words as some program's option parser would, without a look at the bot's code: `choose`
 * says, at each option without a value, which of the ways it knows is taken.
 */
function readOneWay(words: readonly string[], choose: (ways: number) => number): Reading {
  const reading: Reading = { options: {}, arguments: [] };
  const rest = [...words];
  const give = (typedName: string, value: string) => {
    const longer = LONG_NAMES.filter((each) => each.startsWith(typedName));
    const meant = LONG_NAMES.includes(typedName) ? [] : longer;
    const name = meant[choose(meant.length + 1) - 1] ?? typedName;
    reading.options[name] = choose(2) ? [value] : [...(reading.options[name] ?? []), value];
  };
  const stopsAtArgument = choose(2) === 1;
  const takesDigits = choose(2) === 1;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name, value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const isOption = takesDigits ? /^-([^-=][^=]*)/ : /^-([^-=0-9][^=]*)/;
    const letters = isOption.exec(word)?.[1] ?? "";
    if (word === "--") {
      reading.arguments.push(...rest.splice(0));
    } else if (name !== undefined && value !== undefined) {
      give(name, value);
    } else if (name !== undefined || letters.length === 1) {
      give(name ?? letters, rest.length > 0 && choose(2) ? (rest.shift() ?? "") : "true");
    } else if (letters === "") {
      reading.arguments.push(word);
      if (stopsAtArgument) reading.arguments.push(...rest.splice(0));
    } else {
      readCluster(letters, rest, choose, give);
    }
  }
  return reading;
}

/** `-abc`: three flags, the last of which may take a word; or `-a` with `bc`; or one long name. */
function readCluster(
  letters: string,
  rest: string[],
  choose: (ways: number) => number,
  give: (name: string, value: string) => void,
): void {
  const taken = () => (rest.length > 0 && choose(2) ? (rest.shift() ?? "") : "true");
  const way = choose(3);
  if (way === 0) {
    give(letters, taken());
  } else if (way === 1) {
    give(letters.charAt(0), letters.slice(1));
  } else {
    for (const letter of letters.slice(0, -1)) give(letter, "true");
    give(letters.slice(-1), taken());
  }
}

const word = fc.oneof(
  fc.constantFrom(
    "--a",
    "--b",
    "--list",
    "--a=x",
    "--b=5",
    "--list=y",
    "--a=",
    "-a",
    "-b",
    "-ab",
    "-l",
  ),
  fc.constantFrom("--li=x", "--l", "--lis", "-5"),
  fc.constantFrom("x", "y", "true", "5", "-1", "-", "--", "prod", "", "5.0"),
);
const words = fc.array(word, { maxLength: 6 });
const parsedRules = fc.array(rules.map(ruleOf), { minLength: 1, maxLength: 3 });

describe("L81 one parse feeds the rules and the program", () => {
  test("another reading of the argv is never decided more strictly", () => {
    const choices = fc.array(fc.nat(5), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(words, parsedRules, choices, (argv, given, picks) => {
        if (!decide(given, factsWith(readAllWays(argv))).allowed) return;
        const pick = picks[Symbol.iterator]();

        const other = readOneWay(argv, (ways) => (pick.next().value ?? 0) % ways);

        assert.ok(decide(given, factsWith(other)).allowed, JSON.stringify(other));
      }),
      RUNS,
    );
  });

  test("what is known is the same in every reading", () => {
    fc.assert(
      fc.property(words, fc.infiniteStream(fc.nat(5)), (argv, picks) => {
        const known = readAllWays(argv);
        const other = readOneWay(argv, (ways) => (picks.next().value ?? 0) % ways);

        for (const [name, values] of Object.entries(known.options)) {
          const isOther = LONG_NAMES.some((each) => each !== name && each.startsWith(name));
          if (values && !isOther) assert.deepEqual([...new Set(other.options[name])], values);
        }
        for (const name of Object.keys(other.options)) {
          assert.ok(known.abbreviations.some((typedName) => name.startsWith(typedName)));
        }
        known.arguments?.forEach((value, index) => {
          if (value !== null) assert.equal(other.arguments[index], value);
        });
        assert.ok(other.arguments.length <= (known.arguments?.length ?? 0));
      }),
      RUNS,
    );
  });
});

function option(given: Partial<Option> & Pick<Option, "name">): [string, Option] {
  return [
    given.name,
    { type: "string", description: "", required: false, secret: false, ...given },
  ];
}

const grammar: Grammar = {
  declaresOptions: true,
  arguments: [],
  options: Object.fromEntries([
    option({ name: "a", short: "a" }),
    option({ name: "b", type: "bool", short: "b" }),
    option({ name: "list", type: "list", short: "l" }),
    option({ name: "count", type: "int", short: "5" }),
    option({ name: "token", short: "t", secret: true }),
  ]),
};

describe("declared options", () => {
  const typed = fc.array(
    fc.oneof(
      word,
      fc.constantFrom("-l", "-bl", "--list=a,b", "-5", "--count", "--token", "-t", "-bt"),
    ),
    { maxLength: 7 },
  );

  test("L82 nothing throws, and each word has exactly one use", () => {
    fc.assert(
      fc.property(typed, (argv) => {
        const result = parseWords(grammar, argv.map(asWord), 0);
        if (!result.ok) {
          assert.notEqual(result.problem.message, "");
          return;
        }

        const { parsed } = result;
        assert.deepEqual(parsed.argv, argv);
        const ended = argv.indexOf("--");
        if (ended >= 0)
          assert.deepEqual(
            parsed.arguments?.slice(-argv.length + ended + 1 || argv.length),
            argv.slice(ended + 1),
          );
      }),
      RUNS,
    );
  });

  const NAME = "web:deploy";
  const secretive: Grammar = {
    ...grammar,
    options: {
      ...grammar.options,
      ...Object.fromEntries([option({ name: "pin", short: "5", secret: true })]),
    },
  };
  const heldElsewhere = (parsed: ParsedWords) => {
    const open = Object.entries(parsed.options).filter(
      ([name]) => !secretive.options[name]?.secret,
    );
    return [...(parsed.arguments ?? []), ...open.flatMap(([, values]) => values ?? [])].map(String);
  };

  test("L63 whatever is typed, a secret never survives masking", () => {
    const secret = "s3cr3t";
    const shape = fc.constantFrom(
      `--token ${secret}`,
      `--token=${secret}`,
      `—token=${secret}`,
      `-t ${secret}`,
      `-bt ${secret}`,
      `--tokn ${secret}`,
      `--token='${secret} more'`,
      `--token "${secret} more"`,
      `"--token" ${secret}`,
      `--token=\`\`\`${secret}\`\`\``,
      `""--token ${secret}`,
      `''--token=${secret}`,
      `\`\`\`--token\`\`\` ${secret}`,
      `-5 ${secret}`,
      `-b5 ${secret}`,
    );
    const around = fc.array(fc.constantFrom("x", "--a=1", "-b", "'", '"', "don't", "--", "```"), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(around, shape, around, (before, middle, after) => {
        const text = ["web:deploy", ...before, middle, ...after].join(" ");
        const tokens = tokenize(text, NAME.length);
        const read = tokens.ok ? parseWords(secretive, tokens.words, text.length) : undefined;

        const mask = read?.ok ? maskSecrets : maskMalformed;
        const masked = mask(text, NAME.length, secretive);

        // A secret that quotes have made an argument, or the value of another option, is none.
        const isHeld = read?.ok && heldElsewhere(read.parsed).some((each) => each.includes(secret));
        assert.ok(isHeld || !masked.includes(secret), masked);
        if (read && !read.ok) assert.ok(!read.problem.message.includes(secret));
        assert.ok(!maskMalformed(text, NAME.length, secretive).includes(secret));
      }),
      RUNS,
    );
  });
});

function asWord(text: string, index: number): Word {
  return { text, start: index, end: index + 1 };
}
