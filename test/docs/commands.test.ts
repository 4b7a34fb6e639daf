import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { packageRoot } from "../../relay/process/package-root.ts";
import { helpOf } from "./generated.ts";
import { proseOf, readPages } from "./markdown.ts";

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")));

describe.each(readPages())("$path", (page) => {
  const shell = page.blocks.filter(({ language }) => language === "sh").map(({ text }) => text);
  const inline = [...proseOf(page).matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? "");
  const commands = [...shell, ...inline].flatMap(commandsIn);

  test("every aldis command exists, with its options", () => {
    expect(commands.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
  });

  test("every npm script exists", () => {
    const named = commands.flatMap(([first, second, third]) => {
      if (first !== "npm") return [];
      return second === "run" ? [third] : ["test", "start"].filter((name) => name === second);
    });

    assert.deepEqual(
      named.filter((name) => name === undefined || scripts[name] === undefined),
      [],
    );
  });

  test("every file that is given to vitest exists", () => {
    const files = commands
      .filter(([first, second]) => first === "npx" && second === "vitest")
      .flatMap((words) => words.filter((word) => word.endsWith(".test.ts")));

    assert.deepEqual(
      files.filter((file) => !existsSync(join(packageRoot(), file))),
      [],
    );
  });
});

test("what does not exist is found", () => {
  const wrong = [
    "aldis bundel install x.yaml",
    "aldis bundle instal x.yaml",
    "npx aldis bundle install x.yaml --enabel",
    'npx aldis relay join "$(npx aldis relay enroll --name first)"',
    "aldis relay first",
  ];

  for (const line of wrong) {
    assert.notDeepEqual(commandsIn(line).map(faultOf).filter(Boolean), [], line);
  }
});

/** The words of each command in a piece of shell, those within `$(…)` on their own. */
function commandsIn(text: string): string[][] {
  const inner = [...text.matchAll(/\$\(([^()]*)\)/g)].flatMap(([, body = ""]) => commandsIn(body));
  const outer = text
    .replaceAll(/\$\([^()]*\)/g, "SUBSTITUTED")
    .split(/\n|&&|[|;](?![^']*'\s*(?:\n|$|\|))/)
    .map((command) => wordsOf(command.replace(/(^|\s)#.*$/, "")))
    .map((words) => words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word))))
    .filter((words) => words.length > 0);
  return [...outer, ...inner];
}

function wordsOf(command: string): string[] {
  const words = command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g);
  return [...words].map(([word]) => word.replaceAll(/^["']|["']$/g, ""));
}

/** What is wrong with a command, if it is one of `aldis`. */
function faultOf(words: readonly string[]): string | undefined {
  const [first, second, ...rest] = words;
  if (first === "npx" && second === "aldis") return faultOfAldis(rest);
  if (first === "aldis" && second !== undefined) return faultOfAldis([second, ...rest]);
  return undefined;
}

function faultOfAldis(words: readonly string[]): string | undefined {
  const path: string[] = [];
  for (const [index, word] of words.entries()) {
    const help = helpOf(path) + helpOf([]);
    if (word.startsWith("-")) {
      if (!isOption(help, word)) return `aldis ${path.join(" ")} has no ${word}`;
    } else if (!takesValue(help, words[index - 1] ?? "")) {
      if (subcommandsIn(helpOf(path)).includes(word)) path.push(word);
      else if (!takesWords(helpOf(path)))
        return `aldis ${[...path, word].join(" ")}: no such command`;
    }
  }
  return undefined;
}

function isOption(help: string, word: string): boolean {
  return new RegExp(`(^|[\\s,])${word.split("=")[0]}(\\s|$)`, "m").test(help);
}

function takesValue(help: string, word: string): boolean {
  return /^--[a-z-]+$/.test(word) && help.includes(`${word} <`);
}

function subcommandsIn(help: string): string[] {
  const list = help.split(/^Commands:$/m)[1]?.split(/^\S/m)[0] ?? "";
  return [...list.matchAll(/^ {2}([a-z]+(?:-[a-z]+)*)/gm)].map(([, name]) => name ?? "");
}

/** `Usage: aldis exec [options] <text>`, but not `[options] [command]`. */
function takesWords(help: string): boolean {
  const usage = /^Usage: .*$/m.exec(help)?.[0] ?? "";
  return /<|\[(?!options\]|command\])/.test(usage);
}
