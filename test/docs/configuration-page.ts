import { BOT_KEYS } from "../../bot/config.ts";
import { RELAY_KEYS } from "../../relay/config.ts";
import { type ConfigKey, variableOf } from "../../relay/process/config-keys.ts";

const HEAD = `# Configuration

Made by \`npm run docs\` from the tables in \`bot/config.ts\` and \`relay/config.ts\`; do not edit it.

Aldis reads one YAML file: the one that \`--config\` names, else \`ALDIS_CONFIG\`, else \`./aldis.yaml\` if there is one. The same file may serve bot and relay. Each key also has an environment variable, which wins over the file; an empty one counts as not set. A secret's variable may end in \`_FILE\` and name a file that holds the value; and a secret may be written as \`file:PATH\` or \`env:NAME\`, in the file as in the variable.

A dot in a key is a level of the file: \`api.address\` is \`address\` below \`api\`. An unknown key or a value that does not fit is an error, with file, line and column; all of them are said at once. \`aldis config explain\` shows each value and where it came from, secrets masked. A commented file: [config/aldis.example.yaml](../config/aldis.example.yaml).

Durations are written \`500ms\`, \`10s\`, \`5m\`, \`1h30m\`; lists as \`[a, b]\` in the file and \`a,b\` in a variable.
`;

/** `docs/configuration.md`. */
export function configurationPage(): string {
  const relayPaths = new Set<string>(RELAY_KEYS.map(({ path }) => path));
  const botPaths = new Set<string>(BOT_KEYS.map(({ path }) => path));
  const both = BOT_KEYS.filter(({ path }) => relayPaths.has(path));
  const bot = BOT_KEYS.filter(({ path }) => !relayPaths.has(path));
  const relay = RELAY_KEYS.filter(({ path }) => !botPaths.has(path));
  return [
    HEAD,
    section("Both programs", both),
    section("The bot", bot),
    section("A relay", relay),
    COMMAND_LINE,
  ].join("\n");
}

const COMMAND_LINE = `## The command line

Commands that ask a running bot read these, and nothing of the file:

| variable | what it is |
|---|---|
| \`ALDIS_URL\` | the bot to ask, by default \`http://127.0.0.1:4000\`; \`--url\` wins |
| \`ALDIS_TOKEN_FILE\`, \`ALDIS_TOKEN\` | a file with an API token, or the token; without them, \`admin.token\` in the data directory |
| \`ALDIS_DATA_DIR\` | where that data directory is |
`;

function section(title: string, keys: readonly ConfigKey[]): string {
  const rows = keys.map(
    (key) => `| ${code(key.path)} | ${variables(key)} | ${defaultOf(key)} | ${described(key)} |`,
  );
  return [
    `## ${title}\n`,
    "| key | variable | default | what it is |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

function variables({ path, secret }: ConfigKey): string {
  const name = variableOf(path);
  return secret ? `${code(name)}, ${code(`${name}_FILE`)}` : code(name);
}

/** A default that hangs on the machine is told by the description, in words. */
function defaultOf(key: ConfigKey): string {
  if (key.default === undefined || key.description.includes("by default")) return "";
  return Array.isArray(key.default) ? code(`[${key.default.join(", ")}]`) : code(`${key.default}`);
}

function described({ description, example, secret }: ConfigKey): string {
  const sentence = secret ? `${description}; secret` : description;
  return cell(example === undefined ? sentence : `${sentence}; for example ${code(example)}`);
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
