const HEAD = `aldis_bundle_version: 1
name: big
version: 1.0.0
description: Large.
image: example.com/big:1
`;
const COMMAND = "  c: { executable: [/bin/true], rules: [allow] }\n";

/** So many lines that all of them together have this size. */
function lines(size: number, line: (index: number) => string): string {
  const made: string[] = [];
  for (let length = 0, index = 0; length < size; index++) {
    const text = line(index);
    made.push(text);
    length += text.length;
  }
  return made.join("");
}

const commands = (size: number, line: (index: number) => string) =>
  `${HEAD}commands:\n${lines(size, line)}`;
const keys = (size: number, head: string, line: (index: number) => string) =>
  `${HEAD}commands:\n  c:\n    executable: [/bin/true]\n    rules: [allow]\n    ${head}\n${lines(size, line)}`;
const top = (size: number, head: string, line: (index: number) => string) =>
  `${HEAD}${head}\n${lines(size, line)}\ncommands:\n${COMMAND}`;

/** Bundle files of any size, valid and not. */
export const BUNDLES: Readonly<Record<string, (size: number) => string>> = {
  commands: (size) =>
    commands(size, (n) => `  c${n}: { executable: [/bin/true], rules: [allow] }\n`),
  "empty commands": (size) => commands(size, (n) => `  c${n}:\n`),
  "commands that are wrong": (size) => commands(size, (n) => `  c${n}: 1\n`),
  "commands without executable": (size) => commands(size, (n) => `  c${n}: { rules: [] }\n`),
  "commands with unknown keys": (size) =>
    commands(size, (n) => `  c${n}: { executble: [/a], rles: [] }\n`),
  "bad names": (size) => commands(size, (n) => `  C${n}: { executable: [/a] }\n`),
  "same names": (size) => commands(size, () => "  c: { executable: [/a] }\n"),
  rules: (size) => keys(size, "rules:", () => "    - allow\n").replace("    rules: [allow]\n", ""),
  "rules that are wrong": (size) =>
    keys(size, "rules:", () => "    - alow\n").replace("    rules: [allow]\n", ""),
  "rules with unknown permissions": (size) =>
    keys(size, "rules:", (n) => `    - must have big:x${n}\n`).replace("    rules: [allow]\n", ""),
  "permissions and rules": (size) =>
    top(size / 2, "permissions:", (n) => `  - perm${n}\n`) +
    lines(size / 2, (n) => `  d${n}: { executable: [/a], rules: [must have big:pern${n}] }\n`),
  permissions: (size) => top(size, "permissions:", (n) => `  - perm${n}\n`),
  "unknown keys": (size) => `${HEAD}${lines(size, (n) => `comands${n}: 1\n`)}commands:\n${COMMAND}`,
  options: (size) => keys(size, "options:", (n) => `      o${n}: {}\n`),
  "options that are wrong": (size) => keys(size, "options:", (n) => `      o${n}: { tpe: bool }\n`),
  "options of one name": (size) =>
    keys(size, "options:", (n) => `      o-${n}: {}\n      o_${n}: {}\n`),
  arguments: (size) => keys(size, "arguments:", (n) => `      - name: a${n}\n`),
  "arguments of one name": (size) => keys(size, "arguments:", () => "      - name: a\n"),
  choices: (size) =>
    `${keys(
      size / 2,
      "options:\n      o:\n        type: list\n        choices:",
      (n) => `          - a${n}\n`,
    )}        default:\n${lines(size / 2, (n) => `          - b${n}\n`)}`,
  "rules about choices": (size) =>
    keys(size / 2, "options:\n      o:\n        choices:", (n) => `          - a${n}\n`) +
    `  d:\n    executable: [/a]\n    rules:\n${lines(size / 2, (n) => `      - with option["o"] == "b${n}" allow\n`)}`,
  completions: (size) =>
    keys(size / 2, "options:", (n) => `      o${n}: {}\n`) +
    `    complete:\n${lines(size / 2, (n) => `      p${n}: [/a]\n`)}`,
  "numbers that keep their digits": (size) => keys(size, "examples:", (n) => `      - 1.${n}0\n`),
  aliases: (size) => keys(size, "examples:", (n) => `      - &a${n} x\n      - *a${n}\n`),
  "aliases of something wrong": (size) =>
    `${commands(size / 2, (n) =>
      n === 0 ? "  c0: &c\n    executable: [/a]\n    rules:\n" : "      - alow\n",
    )}  c1: *c\n`,
  merges: (size) =>
    commands(size, (n) =>
      n === 0 ? "  c0: &c { executable: [/a] }\n" : `  c${n}: { <<: { executable: [/a] } }\n`,
    ),
  "flow sequences within each other": (size) => `${HEAD}commands: ${"[".repeat(Math.floor(size))}`,
  "flow mappings within each other": (size) => `${HEAD}commands: ${"{a: ".repeat(size / 4)}`,
  "block sequences within each other": (size) => `${HEAD}commands:\n  ${"- ".repeat(size / 2)}`,
  "question marks": (size) => `${HEAD}commands:\n  ${"? ".repeat(size / 2)}`,
  "flow items": (size) => `${HEAD}commands: {${lines(size, (n) => `c${n}: ,`)}}`,
  "flow list": (size) => keys(0, `examples: [${lines(size, () => "a,")}]`, () => ""),
  "text block": (size) =>
    `${HEAD}long_description: |\n${lines(size, () => "  line\n")}commands:\n${COMMAND}`,
  "folded text": (size) =>
    `${HEAD}long_description: >\n${lines(size, () => "  line\n\n")}commands:\n${COMMAND}`,
  "plain text": (size) =>
    `${HEAD}long_description: a\n${lines(size, () => "  line\n")}commands:\n${COMMAND}`,
  "quoted text": (size) =>
    `${HEAD}long_description: "a\n${lines(size, () => "  li\\\\ne\n")}"\ncommands:\n${COMMAND}`,
  comments: (size) => `${HEAD}${lines(size, () => "# comment\n")}commands:\n${COMMAND}`,
  "empty lines": (size) => `${HEAD}${"\n".repeat(size)}commands:\n${COMMAND}`,
  documents: (size) => `${HEAD}commands:\n${COMMAND}${lines(size, () => "---\n")}`,
  tabs: (size) => `${HEAD}commands:\n${lines(size, () => "\t\n")}`,
  anchors: (size) => `${HEAD}commands:\n  c: ${lines(size, () => "&a ")}`,
  tags: (size) => `${HEAD}commands:\n  c: ${lines(size, () => "!a ")}`,
  colons: (size) => `${HEAD}commands:\n  ${":".repeat(size)}`,
  "bad characters": (size) => `${HEAD}commands:\n${lines(size, () => "  @\n")}`,
};
