import { z } from "zod";
import { WIRE_KINDS } from "../relay/wire/recorded-kinds.ts";
import { messageSchema } from "./protocol-schemas.ts";
import { COMMON, MESSAGE_WORDS, type MessageWords } from "./protocol-words.ts";

const HEAD = `# The messages between bot and relay

Made by \`npm run docs\` from [\`relay/wire/\`](../../relay/wire/messages.ts); do not edit it. How they go together: [relay-protocol.md](../relay-protocol.md).

Each is a compact JWS with a \`typ\` of its own, but for the answer to a newcomer. The tables show the body. A reader drops fields that it does not know. \`[]\` stands for each item of a list; a list that shares a message has 1 to 64.
`;

/** A part of a JSON Schema, as far as the tables need it. */
const Node = z.looseObject({
  type: z.string().optional(),
  format: z.string().optional(),
  const: z.union([z.string(), z.number(), z.boolean()]).optional(),
  enum: z.array(z.string()).optional(),
  get anyOf() {
    return z.array(Node).optional();
  },
  get properties() {
    return z.record(z.string(), Node).optional();
  },
  get items() {
    return Node.optional();
  },
  required: z.array(z.string()).optional(),
});
type Node = z.infer<typeof Node>;

interface Field {
  path: string;
  type: string;
  isOptional: boolean;
}

/** `docs/protocol/messages.md`. */
export function messagesPage(): string {
  return [HEAD, commonSection(), ...Object.keys(WIRE_KINDS).map(section)].join("\n");
}

function commonSection(): string {
  const rows = Object.entries(COMMON).map(([name, words]) => `| \`${name}\` | ${words} |`);
  return [
    "## In every body\n",
    "Only what a bot signs has `iss` and `aud`; only that and a key list have `iat` and `exp`.\n",
    "| field | what it is |",
    "|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function section(kind: string): string {
  const words = wordsOf(kind);
  const rows = fieldsOf(kind).map(
    ({ path, type, isOptional }) =>
      `| \`${path}\` | ${type}${isOptional ? ", optional" : ""} | ${words.fields[path]} |`,
  );
  const title = WIRE_KINDS[kind]?.typ ?? kind;
  return [
    `## ${title}\n`,
    `${words.way}. ${words.about} [Schema](${kind}.schema.json).\n`,
    "| field | type | what it is |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function wordsOf(kind: string): MessageWords {
  const words = MESSAGE_WORDS[kind];
  if (!words) throw new Error(`test/docs/protocol-words.ts has nothing on the message ${kind}`);
  return words;
}

/** What the table of a message has, in the order of the code; throws where words are missing. */
export function fieldsOf(kind: string): Field[] {
  const { fields: words } = wordsOf(kind);
  const fields = inside(Node.parse(messageSchema(kind)), "", (path) => path in words).filter(
    ({ path }) => !(path in COMMON),
  );
  const missing = fields.filter(({ path }) => !(path in words)).map(({ path }) => path);
  const stale = Object.keys(words).filter((path) => !fields.some((field) => field.path === path));
  const odd = [...missing, ...stale];
  if (odd.length === 0) return fields;
  throw new Error(`test/docs/protocol-words.ts and the message ${kind} differ in ${odd.join()}`);
}

function inside(
  node: Node,
  path: string,
  isLeaf: (path: string) => boolean,
  isWholeOptional = false,
): Field[] {
  const branches = node.anyOf ?? [node];
  const names = new Set(branches.flatMap(({ properties }) => Object.keys(properties ?? {})));
  return [...names].flatMap((name) => {
    const holders = branches.flatMap(({ properties, required }) => {
      const inner = properties?.[name];
      return inner ? [{ inner, isRequired: required?.includes(name) ?? false }] : [];
    });
    const [first] = holders;
    if (!first) return [];
    const isEverywhere = holders.length === branches.length && holders.every((h) => h.isRequired);
    const isOptional = isWholeOptional || !isEverywhere;
    return below(first.inner, path === "" ? name : `${path}.${name}`, isOptional, isLeaf);
  });
}

function below(
  node: Node,
  path: string,
  isOptional: boolean,
  isLeaf: (path: string) => boolean,
): Field[] {
  const isList = node.items?.properties !== undefined;
  if (!isLeaf(path) && isList && node.items)
    return inside(node.items, `${path}[]`, isLeaf, isOptional);
  if (!isLeaf(path) && node.properties) return inside(node, path, isLeaf, isOptional);
  return [{ path, type: typeOf(node), isOptional }];
}

function typeOf(node: Node): string {
  const { type, format, enum: values, items } = node;
  if (values) return values.map((value) => `\`${value}\``).join(", ");
  if (format === "uuid") return "UUID";
  if (format === "date-time") return "time";
  if (typeof node.const === "boolean" || type === "boolean") return "yes or no";
  if (type === "array" && items) return `list of ${items.type === "string" ? "text" : "keys"}`;
  if (type === "string") return "text";
  if (type === "object") return node.properties ? "object" : "names with text";
  return type ?? "object";
}
