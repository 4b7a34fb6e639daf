#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { programVersion } from "../../relay/process/package-root.ts";
import type { Client } from "./client.ts";

/**
 * The program. Each subcommand is a dynamic import, so that a relay loads nothing of the bot, and
 * a check of a file neither database nor chat.
 */
const EXIT_CODES = `
Exit codes:
  0    done
  1    not done; the bot says why
  64   not a command, or not how it is used
  65   a bundle is not valid
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
                    Without them, the one that aldis up has left in its data directory`;

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

program
  .command("bot")
  .description("the bot, over NATS and Postgres")
  .action(run(async () => (await import("./bot-command.ts")).runBot(configPath(), settings)));

const relay = program
  .command("relay")
  .description("the relay: runs here what the bot sends; or manage relays")
  .action(run(async () => (await import("../../relay/main.ts")).runRelay(configPath(), settings)));

relay
  .command("join <token>")
  .description("make this host a relay, with a token from relay enrol")
  .action(
    run(async (token: string) =>
      (await import("../../relay/main.ts")).runJoin(token, configPath(), settings),
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
  .action(run(async (files: string[]) => (await import("./bundle-lint.ts")).lintBundles(files)));

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

function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= 200) return count;
  throw new InvalidArgumentError("write a number from 1 to 200.");
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
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}
