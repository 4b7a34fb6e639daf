import { access } from "node:fs/promises";
import { resolve } from "node:path";
import {
  describeOperator,
  makeCreds,
  makeSeed,
  type OperatorSeeds,
  publicKeyOf,
  type SeedKind,
} from "../relays/nats-accounts.ts";
import { botPermissions, systemPermissions } from "../relays/nats-permissions.ts";
import { natsServerText } from "../relays/nats-server-text.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { type KeptFolder, openKeptFolder } from "./nats-files.ts";
import { makeTls } from "./nats-tls.ts";
import { printLine } from "./terminal.ts";

export interface NatsConfigOptions {
  dir: string;
  server: string;
  makeTls?: boolean;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
}

const CONFIGURATION = "nats-server.conf";

const SEED_FILES: Readonly<Record<SeedKind, string>> = {
  operator: "offline/operator.seed",
  system: "offline/system.seed",
  account: "offline/account.seed",
  operatorSigning: "operator-signing.seed",
  accountSigning: "account-signing.seed",
};

interface TlsFiles {
  certFile: string;
  keyFile: string;
  caFile: string | undefined;
}

export async function writeNatsConfig(options: NatsConfigOptions): Promise<number> {
  printLine(await makeNatsConfig(options));
  return 0;
}

/**
 * Writes what a stock nats-server needs to know who is who; what is there already stays. Resolves
 * to what a person is told.
 */
export async function makeNatsConfig(options: NatsConfigOptions): Promise<string> {
  const address = parseAddress(options.server);
  const folder = await openKeptFolder(resolve(options.dir));
  const tls = await tlsFilesOf(options, folder, address.host);
  const seeds = await seedsIn(folder);
  if (seeds) {
    await writeCredentials(folder, seeds);
    const documents = await describeOperator(seeds);
    const accountsDirectory = folder.path("accounts");
    await folder.makeFolder("accounts");
    const { port } = address;
    const settings = { documents, port, accountsDirectory, ...(tls && { tls }) };
    await folder.ensure(CONFIGURATION, () => natsServerText(settings));
  } else {
    folder.noteKept(CONFIGURATION);
  }
  return reportOf(folder, { ...address, tls });
}

function parseAddress(url: string): { host: string; port: number } {
  const parsed = URL.parse(url);
  const isNats = parsed && ["nats:", "tls:"].includes(parsed.protocol) && parsed.hostname !== "";
  if (!isNats) {
    throw new CliFailure(
      `--server: "${url}" is not as nats://nats.example.com:4222: write where relays will find the server`,
      EXIT.usage,
    );
  }
  return { host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(parsed.port || 4222) };
}

async function tlsFilesOf(
  options: NatsConfigOptions,
  folder: KeptFolder,
  host: string,
): Promise<TlsFiles | undefined> {
  const { tlsCert, tlsKey, tlsCa } = options;
  const given = [tlsCert, tlsKey, tlsCa].filter((file) => file !== undefined);
  if (options.makeTls && given.length > 0) {
    throw new CliFailure("take either --make-tls or your own --tls-… files", EXIT.usage);
  }
  if (options.makeTls) {
    await makeTls(folder, host);
    const [certFile, keyFile] = [folder.path("tls/server.pem"), folder.path("tls/server-key.pem")];
    return { certFile, keyFile, caFile: folder.path("tls/ca.pem") };
  }
  if (given.length === 0) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CliFailure("--tls-cert and --tls-key go together", EXIT.usage);
  }
  for (const file of given) await mustExist(file);
  const caFile = tlsCa === undefined ? undefined : resolve(tlsCa);
  return { certFile: resolve(tlsCert), keyFile: resolve(tlsKey), caFile };
}

async function mustExist(file: string): Promise<void> {
  await access(file).catch(() => {
    throw new CliFailure(`${file}: cannot be read; check the --tls-… options`, EXIT.noInput);
  });
}

/**
 * Undefined where a configuration is there without them all: who keeps seeds elsewhere, as one
 * should, has nothing made here that would not fit it.
 */
async function seedsIn(folder: KeptFolder): Promise<OperatorSeeds | undefined> {
  const isComplete = (await folder.read(CONFIGURATION)) !== undefined;
  const files = Object.values(SEED_FILES);
  const present = await Promise.all(files.map(folder.read));
  if (isComplete && present.includes(undefined)) return undefined;
  const ensure = (kind: SeedKind) =>
    folder.ensure(SEED_FILES[kind], async () => `${await makeSeed(kind)}\n`);
  return {
    operator: await ensure("operator"),
    system: await ensure("system"),
    account: await ensure("account"),
    operatorSigning: await ensure("operatorSigning"),
    accountSigning: await ensure("accountSigning"),
  };
}

async function writeCredentials(folder: KeptFolder, seeds: OperatorSeeds): Promise<void> {
  const bot = { accountId: await publicKeyOf(seeds.account), seed: seeds.accountSigning };
  const system = { accountId: await publicKeyOf(seeds.system), seed: seeds.system };
  await folder.ensure("bot.creds", () =>
    makeCreds(bot, { name: "aldis bot", permissions: botPermissions() }),
  );
  await folder.ensure("system.creds", () =>
    makeCreds(system, { name: "aldis bot", permissions: systemPermissions() }),
  );
}

interface Reported {
  host: string;
  port: number;
  tls: TlsFiles | undefined;
}

/** What was done, what to set on the bot, and how to start the server. */
function reportOf(folder: KeptFolder, { host, port, tls }: Reported): string {
  const name = host.includes(":") ? `[${host}]` : host;
  const settings = [
    `ALDIS_NATS_URL=${tls ? "tls" : "nats"}://${name}:${port}`,
    `ALDIS_NATS_CREDS_FILE=${folder.path("bot.creds")}`,
    ...(tls?.caFile ? [`ALDIS_NATS_CA_FILE=${tls.caFile}`] : []),
    `ALDIS_NATS_ACCOUNT_KEY_FILE=${folder.path(SEED_FILES.accountSigning)}`,
    `ALDIS_NATS_SYSTEM_CREDS_FILE=${folder.path("system.creds")}`,
    `ALDIS_NATS_OPERATOR_KEY_FILE=${folder.path(SEED_FILES.operatorSigning)}`,
  ];
  return [
    ...listed("written", folder.made()),
    ...listed("kept as it was", folder.kept()),
    "",
    "Start the server:",
    `  nats-server --config ${folder.path(CONFIGURATION)}`,
    "",
    "Set on the bot (the last two let it cut off a relay that is removed, at once):",
    ...settings.map((line) => `  ${line}`),
    "",
    `Keep ${folder.path("offline")} away from both: neither needs it.`,
  ].join("\n");
}

function listed(word: string, names: readonly string[]): string[] {
  return names.map((name) => `${word}: ${name}`);
}
