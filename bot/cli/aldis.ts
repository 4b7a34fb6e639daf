#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { useCompileCache } from "../../relay/process/compile-cache.ts";
import { programVersion } from "../../relay/process/package-root.ts";
import type { AuditFilters, ListAudit } from "./audit.ts";
import type { VerifyAudit } from "./audit-verify.ts";
import type { Client } from "./client.ts";
import type { GranteeOptions, GrantOptions } from "./grants.ts";
import type { NatsConfigOptions } from "./nats-config.ts";
import type { MatchOptions } from "./relay-match.ts";
import type { PolicyOptions } from "./relay-policy.ts";
import type { ExplainOptions } from "./rules-explain.ts";
import type { RulesTestOptions } from "./rules-test.ts";

/**
 * The program. Each subcommand is a dynamic import, so that a relay loads nothing of the bot, and
 * a check of a file neither database nor chat.
 */
const EXIT_CODES = `
Exit codes:
  0    done
  1    not done, or denied; the answer says why
  64   not a command, or not how it is used
  65   a bundle or a rule is not valid
  66   a file cannot be read
  69   no bot answers, or no relay took it in time
  70   a fault; or nobody knows how it ended
  72   ended after its time limit
  75   interrupted or not answered: try again
  77   not signed in, or not permitted
  78   configuration
  130  cancelled
  exec passes on the exit code of the command that it runs.

Environment:
  ALDIS_URL         the bot to ask (http://127.0.0.1:4000)
  ALDIS_TOKEN_FILE  file with an API token; or the token itself in ALDIS_TOKEN.
                    Without them, the one that aldis up has left in its data directory
  NODE_DISABLE_COMPILE_CACHE  1: keep nothing in ~/.cache/aldis; starts take longer`;

const USAGE = 64;
const FAULT = 70;
const JSON_OPTION = ["--json", "for scripts"] as const;

type Json = { json?: boolean };

/** What the programs are configured by; who asks a bot, and which, is no setting of theirs. */
const { ALDIS_URL: _url, ALDIS_TOKEN: _token, ALDIS_TOKEN_FILE: _file, ...settings } = process.env;

const program = new Command("aldis")
  .description("Run commands from chat on the machines that they are meant for.")
  .version(programVersion(), "--version")
  .option("--url <url>", "the bot to ask")
  .option("--config <file>", "settings of up, bot, relay, migrate and config (aldis.yaml)")
  .addHelpText("after", EXIT_CODES)
  .exitOverride()
  .showSuggestionAfterError()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "aldis: ")) });

/** An action whose number is the exit code. */
function run<Args extends unknown[]>(action: (...args: Args) => Promise<number>) {
  return async (...args: Args): Promise<void> => {
    process.exitCode = await action(...args);
  };
}

async function client(): Promise<Client> {
  const { findConnection } = await import("./connection.ts");
  const { createClient } = await import("./client.ts");
  return createClient(findConnection(program.opts<{ url?: string }>(), process.env));
}

function configPath(): string | undefined {
  return program.opts<{ config?: string }>().config;
}

program
  .command("up")
  .description("everything in one process: bot, local relay, Postgres, console")
  .action(
    run(async () => (await import("./up/up.ts")).up({ configPath: configPath(), env: settings })),
  );

const bot = program
  .command("bot")
  .description("the bot, over NATS and Postgres; or its keys")
  .action(run(async () => (await import("./bot-command.ts")).runBot(configPath(), settings)));

const botKey = bot.command("key").description("the keys of bots that relays believe");

botKey
  .command("list")
  .description("the keys on the key list")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) =>
      (await import("./bot-keys.ts")).listBotKeys(await client(), options),
    ),
  );

botKey
  .command("rotate <key>")
  .description("take this old key off the key list: relays believe nothing more that it signs")
  .action(
    run(async (kid: string) => (await import("./bot-keys.ts")).rotateBotKey(await client(), kid)),
  );

const relay = program
  .command("relay")
  .description("the relay: runs here what the bot sends; or manage relays")
  .action(
    run(async () => (await import("../../relay/commands.ts")).runRelay(configPath(), settings)),
  );

relay
  .command("join <token>")
  .description("make this host a relay, with a token from relay enrol")
  .action(
    run(async (token: string) =>
      (await import("../../relay/commands.ts")).runJoin(token, configPath(), settings),
    ),
  );

relay
  .command("rotate")
  .description("give this relay new keys; while it is stopped")
  .action(
    run(async () => (await import("../../relay/commands.ts")).runRotate(configPath(), settings)),
  );

relay
  .command("head")
  .description("what this relay keeps of the audit chain, for audit verify --head; needs no bot")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) =>
      (await import("../../relay/commands.ts")).runHead(configPath(), settings, options),
    ),
  );

relay
  .command("check-policy <file>")
  .description("check the file that relay.policy_file names; needs no bot")
  .action(
    run(async (file: string) => (await import("../../relay/commands.ts")).runCheckPolicy(file)),
  );

relay
  .command("import <file>")
  .description("give this host's container engine an image from a file; needs no bot or registry")
  .action(
    run(async (file: string) =>
      (await import("../../relay/commands.ts")).runImport(file, settings),
    ),
  );

relay
  .command("enrol")
  .description("print a token with which one host may join, once and within a day")
  .requiredOption("--name <name>", "what the relay will be called")
  .option("--tags <tags>", "as region=eu,role=web")
  .action(
    run(async (options: { name: string; tags?: string }) =>
      (await import("./relays.ts")).enrolRelay(await client(), options),
    ),
  );

relay
  .command("list")
  .description("relays and how they are")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) => (await import("./relays.ts")).listRelays(await client(), options)),
  );

for (const [action, description] of [
  ["drain", "let it end what it has, and take nothing more"],
  ["suspend", "ask it nothing more; it stays connected"],
  ["resume", "take a drain or a suspension back"],
  ["remove", "hear it no more, and have the NATS server cut it off; its name is free again"],
] as const) {
  relay
    .command(`${action} <name>`)
    .description(description)
    .action(
      run(async (name: string) =>
        (await import("./relays.ts")).changeRelay(await client(), name, action),
      ),
    );
}

program
  .command("nats")
  .description("the NATS server between bots and relays")
  .command("config")
  .description("write a configuration for nats-server that lets each relay do its own part only")
  .requiredOption("--dir <dir>", "folder for it and its keys; what is there stays as it is")
  .requiredOption("--server <url>", "where relays will find it, as nats://nats.example.com")
  .option("--make-tls", "make a certificate authority and a server certificate, with openssl")
  .option("--tls-cert <file>", "or the server's own certificate")
  .option("--tls-key <file>", "its key")
  .option("--tls-ca <file>", "what vouches for it, unless any known authority does")
  .action(
    run(async (options: NatsConfigOptions) =>
      (await import("./nats-config.ts")).writeNatsConfig(options),
    ),
  );

relay
  .command("match [selector]")
  .description("which relays match, as region=eu,!drained; and of each other one, why not")
  .option("--command <name>", "as bundle:command asks for it")
  .option(...JSON_OPTION)
  .action(
    run(async (selector: string | undefined, options: MatchOptions) =>
      (await import("./relay-match.ts")).matchRelays(await client(), selector, options),
    ),
  );

const relayPolicy = relay
  .command("policy")
  .description("what every relay must match that takes a command, whatever bundles ask for");

relayPolicy
  .command("show")
  .description("what is asked of relays, and who has set it")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) =>
      (await import("./relay-policy.ts")).showPolicies(await client(), options),
    ),
  );

relayPolicy
  .command("set <selector>")
  .description("ask this of every relay from now on, as env=prod")
  .option("--bundle <name>", "only for the commands of one bundle, beside what is asked for all")
  .action(
    run(async (selector: string, options: PolicyOptions) =>
      (await import("./relay-policy.ts")).setPolicy(await client(), selector, options),
    ),
  );

relayPolicy
  .command("clear")
  .description("ask it no longer")
  .option("--bundle <name>", "what is asked for one bundle")
  .action(
    run(async (options: PolicyOptions) =>
      (await import("./relay-policy.ts")).clearPolicy(await client(), options),
    ),
  );

program
  .command("exec <text>")
  .description("say something to the bot, as in a chat, and follow it to its end")
  .action(run(async (text: string) => (await import("./exec.ts")).exec(await client(), text)));

const listing = (command: Command) =>
  command
    .option("-a, --all", "also what has ended")
    .option("--limit <number>", "at most so many (50)", parseCount)
    .option(...JSON_OPTION)
    .action(
      run(async (options: Json & { all?: boolean; limit?: number }) =>
        (await import("./executions.ts")).listExecutions(await client(), options),
      ),
    );
listing(program.command("ps").description("what runs now"));
const execution = program.command("execution").description("executions");
listing(execution.command("list").description("the same as ps"));

execution
  .command("show <id>")
  .description("all that is known of one, and every start of it")
  .option(...JSON_OPTION)
  .action(
    run(async (id: string, options: Json) =>
      (await import("./executions.ts")).showExecution(await client(), id, options),
    ),
  );

execution
  .command("rerun <id>")
  .description("say again what it came from, as yourself; for what has ended or is unknown")
  .action(
    run(async (id: string) => (await import("./executions.ts")).rerunExecution(await client(), id)),
  );

execution
  .command("mark <id> <outcome>")
  .description("say how an unknown one went: succeeded or failed")
  .option("--reason <text>", "how you know")
  .action(
    run(async (id: string, outcome: string, options: { reason?: string }) =>
      (await import("./executions.ts")).markExecution(await client(), id, outcome, options),
    ),
  );

const bundle = program.command("bundle").description("bundles");

bundle
  .command("install <file...>")
  .description("keep a version of a bundle; it does not run before it is enabled")
  .option("--enable", "and enable it")
  .action(
    run(async (files: string[], options: { enable?: boolean }) =>
      (await import("./bundles.ts")).installBundles(await client(), files, options),
    ),
  );

bundle
  .command("enable <name> [version]")
  .description("make one version the one that runs; by default the one installed last")
  .action(
    run(async (name: string, version: string | undefined) =>
      (await import("./bundles.ts")).enableBundle(await client(), name, version),
    ),
  );

bundle
  .command("list")
  .description("installed bundles")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) =>
      (await import("./bundles.ts")).listBundles(await client(), options),
    ),
  );

bundle
  .command("info <name>")
  .description("commands, options, rules and versions of one bundle")
  .option(...JSON_OPTION)
  .action(
    run(async (name: string, options: Json) =>
      (await import("./bundles.ts")).showBundle(await client(), name, options),
    ),
  );

bundle
  .command("lint <file...>")
  .description("check bundle files; needs no bot")
  .option(...JSON_OPTION)
  .action(
    run(async (files: string[], options: Json) =>
      (await import("./bundle-lint.ts")).lintBundles(files, options),
    ),
  );

bundle
  .command("run <file> <text...>")
  .description("run one command of a bundle file on this machine; needs no bot")
  .showHelpAfterError("write -- before the text if it has options: aldis bundle run FILE -- TEXT")
  .action(
    run(async (file: string, words: string[]) => {
      const { runBundle } = await import("./bundle-run.ts");
      return runBundle(file, words);
    }),
  );

bundle
  .command("diff <before> <after>")
  .description("what changes between two bundle files, permissions first; needs no bot")
  .option(...JSON_OPTION)
  .action(
    run(async (before: string, after: string, options: Json) =>
      (await import("./bundle-diff.ts")).showBundleDiff(before, after, options),
    ),
  );

program
  .command("parse <text>")
  .description("how a line is read: command, options, arguments; needs no bot")
  .option("--bundle <file>", "a bundle that declares the command; may be given again", repeated, [])
  .option(...JSON_OPTION)
  .action(
    run(async (text: string, options: Json & { bundle: string[] }) =>
      (await import("./parse.ts")).parseLine(text, options),
    ),
  );

const rules = program.command("rules").description("who may run what");

rules
  .command("test [rule...]")
  .description("what these rules, or the bundle's own, decide about a line, and why; needs no bot")
  .requiredOption("--command <text>", "the line, as it would be typed")
  .option("--bundle <file>", "a bundle that declares the command; may be given again", repeated, [])
  .option("--grant <permission>", "a permission of the caller; may be given again", repeated, [])
  .option("--user <name>", "the caller (nobody)")
  .option("--group <name>", "a group of the caller; may be given again", repeated, [])
  .option("--role <name>", "a role of the caller; may be given again", repeated, [])
  .option("--channel <id or name>", "where it is typed")
  .option("--adapter <name>", "slack, discord, console or api (console)")
  .option("--at <time>", "when, as 2026-05-06T14:30:00Z; without Z by --time-zone (now)")
  .option("--time-zone <name>", "the workspace's, as Europe/Zurich (UTC)")
  .option("--relay-tag <k=v>", "a tag of the relay chosen; may be given again", repeated, [])
  .option(...JSON_OPTION)
  .action(
    run(async (texts: string[], options: RulesTestOptions) =>
      (await import("./rules-test.ts")).testRules(texts, options),
    ),
  );

const audit = program.command("audit").description("what happened, and the proof of it");

const filtered = (command: Command) =>
  command
    .option("--user <name>", "only what this user did")
    .option("--command <name>", "only this bundle, or bundle:command")
    .option("--kind <kind>", "only events of this kind, each as a line of its own")
    .option("--adapter <name>", "only by this way: slack, discord, console, api, relay, system")
    .option("--channel <id>", "only in this channel")
    .option("--relay <name>", "only on this relay")
    .option("--outcome <word>", "only what ended so, as failed or denied")
    .option("--text <text>", "only what was typed, or holds, this")
    .option("--invocation <id>", "only this invocation")
    .option(...JSON_OPTION);

filtered(audit.command("list").description("what was done, newest first"))
  .option("--since <time>", "as 2026-05-06, 2026-05-06T14:30:00Z, or 2h ago")
  .option("--until <time>", "likewise")
  .option("--limit <number>", "at most so many (50)", parseCount)
  .action(
    run(async (options: ListAudit) =>
      (await import("./audit.ts")).listAudit(await client(), options),
    ),
  );

filtered(audit.command("follow").description("new events as they are recorded")).action(
  run(async (options: AuditFilters & Json) =>
    (await import("./audit.ts")).followAudit(await client(), options),
  ),
);

audit
  .command("export")
  .description("the whole chain on standard output, for audit verify")
  .option("--since <time>", "only from then on")
  .action(
    run(async (options: { since?: string }) =>
      (await import("./audit-export.ts")).exportAudit(await client(), options),
    ),
  );

audit
  .command("verify [file]")
  .description("check a bot's audit, an export or a database on this machine: 0 if it is whole")
  .option("--head <file>", "what aldis relay head --json says; may be given again", repeated, [])
  .option("--authority <fingerprint>", "the authority that relays pin")
  .option("--database <url>", "read this Postgres; asks no bot")
  .option("--workspace <name>", "the workspace in that database", "default")
  .option(...JSON_OPTION)
  .action(
    run(async (file: string | undefined, options: VerifyAudit) =>
      (await import("./audit-verify.ts")).verifyAuditOf(file, options, client),
    ),
  );

audit
  .command("erase <event>")
  .description("erase what an event says of names and text; the event itself stays")
  .requiredOption("--reason <text>", "why; it is recorded")
  .action(
    run(async (event: string, options: { reason: string }) =>
      (await import("./audit.ts")).eraseAudit(await client(), event, options),
    ),
  );

rules
  .command("explain <text>")
  .description("why the bot would allow or deny a line, by who holds what now")
  .option("--as <user>", "who would type it (yourself)")
  .option("--channel <id>", "where it would be typed (console)")
  .option("--adapter <name>", "slack, discord, console or api (console)")
  .option("--relay <name>", "the relay that it would run on")
  .option(...JSON_OPTION)
  .action(
    run(async (text: string, options: ExplainOptions) =>
      (await import("./rules-explain.ts")).explainRules(await client(), text, options),
    ),
  );

rules
  .command("list")
  .description("rules of your own, beside those of bundles")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) =>
      (await import("./operator-rules.ts")).listRules(await client(), options),
    ),
  );

rules
  .command("add <rule>")
  .description("add a rule about a bundle's command, as 'web:deploy must have site:on-call'")
  .action(
    run(async (rule: string) =>
      (await import("./operator-rules.ts")).addRule(await client(), rule),
    ),
  );

rules
  .command("remove <id>")
  .description("remove a rule of your own")
  .action(
    run(async (id: string) => (await import("./operator-rules.ts")).removeRule(await client(), id)),
  );

const user = program.command("user").description("people, and which accounts are theirs");

user
  .command("list")
  .description("users, their groups and accounts")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) => (await import("./users.ts")).listUsers(await client(), options)),
  );

user
  .command("add <name>")
  .description("add a user, who holds nothing yet")
  .option("--email <address>", "where they are written to")
  .option("--label <k=v>", "anything to know them by; may be given again", repeated, [])
  .action(
    run(async (name: string, options: { email?: string; label: string[] }) =>
      (await import("./users.ts")).addUser(await client(), name, options),
    ),
  );

for (const action of ["suspend", "activate"] as const) {
  const what = action === "suspend" ? "let nobody be this user" : "take a suspension back";
  user
    .command(`${action} <name>`)
    .description(what)
    .action(
      run(async (name: string) =>
        (await import("./users.ts")).setUserState(await client(), name, action),
      ),
    );
}

user
  .command("link <name> <adapter> <installation> <account>")
  .description("say whose account this is, as: user link ada slack T024BE7LD U012AB3CD")
  .action(
    run(async (name: string, adapter: string, installation: string, account: string) =>
      (await import("./users.ts")).linkUser(await client(), name, {
        adapter,
        installation,
        account,
      }),
    ),
  );

user
  .command("unlink <name> <adapter> <installation> <account>")
  .description("take an account from a user")
  .action(
    run(async (name: string, adapter: string, installation: string, account: string) =>
      (await import("./users.ts")).unlinkUser(await client(), name, {
        adapter,
        installation,
        account,
      }),
    ),
  );

const group = program.command("group").description("groups of users");

group
  .command("list")
  .description("groups, their members and roles")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) => (await import("./groups.ts")).listGroups(await client(), options)),
  );

group
  .command("add <name>")
  .description("add a group")
  .action(
    run(async (name: string) => (await import("./groups.ts")).addGroup(await client(), name)),
  );

group
  .command("remove <name>")
  .description("remove a group, and its grants with it")
  .action(
    run(async (name: string) => (await import("./groups.ts")).removeGroup(await client(), name)),
  );

group
  .command("join <group> <user>")
  .description("put a user in a group")
  .action(
    run(async (name: string, member: string) =>
      (await import("./groups.ts")).joinGroup(await client(), name, member),
    ),
  );

group
  .command("leave <group> <user>")
  .description("take a user out of a group")
  .action(
    run(async (name: string, member: string) =>
      (await import("./groups.ts")).leaveGroup(await client(), name, member),
    ),
  );

const role = program.command("role").description("roles: what is granted together");

role
  .command("list")
  .description("roles and their permissions")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) => (await import("./roles.ts")).listRoles(await client(), options)),
  );

role
  .command("add <name>")
  .description("add a role of your own")
  .option("--permission <name>", "what it holds; may be given again", repeated, [])
  .option("--description <text>", "what it is for")
  .action(
    run(async (name: string, options: { permission: string[]; description?: string }) =>
      (await import("./roles.ts")).addRole(await client(), name, options),
    ),
  );

role
  .command("change <name>")
  .description("change what a role of your own holds")
  .option("--add <permission>", "what it holds from now on; may be given again", repeated, [])
  .option("--remove <permission>", "what it holds no longer; may be given again", repeated, [])
  .action(
    run(async (name: string, options: { add: string[]; remove: string[] }) =>
      (await import("./roles.ts")).changeRole(await client(), name, options),
    ),
  );

role
  .command("remove <name>")
  .description("remove a role of your own, and its grants with it")
  .action(
    run(async (name: string) => (await import("./roles.ts")).removeRole(await client(), name)),
  );

const grant = program.command("grant").description("who holds which role, and until when");

grant
  .command("list")
  .description("who is granted which role")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) => (await import("./grants.ts")).listGrants(await client(), options)),
  );

grant
  .command("add <role>")
  .description("grant a role; again, to change until when")
  .option("--user <name>", "to a user")
  .option("--group <name>", "or to a group")
  .option("--for <duration>", "as 8h (for good)")
  .option("--until <time>", "as 2026-05-06T14:30:00Z")
  .option("--reason <text>", "why")
  .action(
    run(async (name: string, options: GrantOptions) =>
      (await import("./grants.ts")).addGrant(await client(), name, options),
    ),
  );

grant
  .command("revoke <role>")
  .description("take a role back")
  .option("--user <name>", "from a user")
  .option("--group <name>", "or from a group")
  .action(
    run(async (name: string, options: GranteeOptions) =>
      (await import("./grants.ts")).revokeGrant(await client(), name, options),
    ),
  );

const permission = program.command("permission").description("what rules may ask for");

permission
  .command("list")
  .description("every permission, and who declares it")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) =>
      (await import("./roles.ts")).listPermissions(await client(), options),
    ),
  );

permission
  .command("add <name>")
  .description("declare a permission of your own, as site:on-call")
  .option("--description <text>", "what it lets do")
  .action(
    run(async (name: string, options: { description?: string }) =>
      (await import("./roles.ts")).addPermission(await client(), name, options),
    ),
  );

permission
  .command("remove <name>")
  .description("declare it no longer; every role loses it")
  .action(
    run(async (name: string) =>
      (await import("./roles.ts")).removePermission(await client(), name),
    ),
  );

program
  .command("whoami")
  .description("whose token this is, and what it may do")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) => (await import("./whoami.ts")).whoami(await client(), options)),
  );

program
  .command("migrate")
  .description("bring the database up to date, as its owner (ALDIS_DATABASE_OWNER_URL)")
  .action(
    run(async () => (await import("./migrate-command.ts")).migrateDatabase(configPath(), settings)),
  );

program
  .command("config")
  .description("settings")
  .command("explain")
  .description("each setting, its value and where that came from; secrets masked")
  .option(...JSON_OPTION)
  .action(
    run(async (options: Json) => {
      const { ALL_KEYS } = await import("./up/settings.ts");
      const { explain } = await import("./config-explain.ts");
      return explain(ALL_KEYS, configPath(), settings, options);
    }),
  );

function repeated(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= 200) return count;
  throw new InvalidArgumentError("write a number from 1 to 200.");
}

/** Started by an older Node than the package asks for, faults would say everything but that. */
function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return;
  const message = `Node 22.19 or newer is needed, and this is ${process.versions.node}; npm start and npx aldis bring their own`;
  throw Object.assign(new Error(message), { exitCode: FAULT });
}

/** One clear line for everything that ends the program early. */
function report(error: unknown): number {
  // Commander has said what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const message = error instanceof Error ? error.message || error.name : String(error);
  process.stderr.write(`aldis: ${message}\n`);
  const hasCode = error instanceof Error && "exitCode" in error;
  return hasCode && typeof error.exitCode === "number" ? error.exitCode : FAULT;
}

// Whoever read our output has heard enough.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : FAULT);
  });
}

try {
  refuseOldNode();
  useCompileCache(process.env);
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
