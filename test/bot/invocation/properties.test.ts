import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test, vi } from "vitest";
import type { Option } from "../../../bot/bundles/bundle.ts";
import { maskSecrets } from "../../../bot/invocation/mask-secrets.ts";
import { parseWords } from "../../../bot/invocation/parse.ts";
import type { Grammar } from "../../../bot/invocation/parsed-words.ts";
import { readAllWays } from "../../../bot/invocation/readings.ts";
import { tokenize, type Word } from "../../../bot/invocation/tokenize.ts";
import { decide } from "../../../bot/rules/decide.ts";
import { rules } from "../rules/rule-arbitraries.ts";
import { factsWith, RUNS, RUNS_TIMEOUT_MS, ruleOf } from "../rules/rule-facts.ts";

vi.setConfig({ testTimeout: RUNS_TIMEOUT_MS });

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
  const give = (name: string, value: string) => {
    reading.options[name] = choose(2) ? [value] : [...(reading.options[name] ?? []), value];
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name, value] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const letters = /^-([^-=0-9][^=]*)/.exec(word)?.[1] ?? "";
    if (word === "--") {
      reading.arguments.push(...rest.splice(0));
    } else if (name !== undefined && value !== undefined) {
      give(name, value);
    } else if (name !== undefined || letters.length === 1) {
      give(name ?? letters, rest.length > 0 && choose(2) ? (rest.shift() ?? "") : "true");
    } else if (letters === "") {
      reading.arguments.push(word);
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
  fc.constantFrom("--a", "--b", "--list", "--a=x", "--b=5", "--list=y", "--a=", "-a", "-b", "-ab"),
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
          if (values) assert.deepEqual([...new Set(other.options[name])], values);
        }
        for (const name of Object.keys(other.options))
          assert.ok(Object.hasOwn(known.options, name));
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
    );
    const around = fc.array(fc.constantFrom("x", "--a=1", "-b", "'", '"', "don't", "--", "```"), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(around, shape, around, (before, middle, after) => {
        const text = ["web:deploy", ...before, middle, ...after].join(" ");
        const masked = maskSecrets(text, "web:deploy".length, grammar);

        const isQuotedAway = tokenize(text, 10).ok && !wordsOf(text).some(looksLikeToken);
        assert.ok(isQuotedAway || !masked.includes(secret), masked);
      }),
      RUNS,
    );
  });
});

function wordsOf(text: string): string[] {
  const tokens = tokenize(text, "web:deploy".length);
  return tokens.ok ? tokens.words.map((each) => each.text) : [];
}

function looksLikeToken(text: string): boolean {
  return /^(--tok|-b?t$)/.test(text);
}

function asWord(text: string, index: number): Word {
  return { text, start: index, end: index + 1 };
}
