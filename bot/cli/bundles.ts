import { readFile } from "node:fs/promises";
import {
  BundleInfo,
  BundleList,
  EnabledBundle,
  InstalledBundle,
} from "../api/contracts/bundles.ts";
import { printTable } from "../replies/plain-text.ts";
import type { Client } from "./client.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printLine, printListing, printNote } from "./terminal.ts";

export async function listBundles(client: Client, options: { json?: boolean }): Promise<number> {
  const { bundles } = await client.get("bundles", BundleList);
  const rows = bundles.map(({ name, version, enabled, installedAt }) => [
    name,
    version,
    enabled ? "enabled" : "installed",
    installedAt,
  ]);
  const columns = ["bundle", "version", "state", "installed"];
  const none = "no bundle is installed; aldis bundle install FILE installs one";
  printListing({ json: bundles, columns, rows, none }, options.json ?? false);
  return 0;
}

/** Every file is tried; what is wrong with one does not keep the others out. */
export async function installBundles(
  client: Client,
  files: readonly string[],
  options: { enable?: boolean },
): Promise<number> {
  let exitCode = 0;
  for (const file of files) {
    try {
      await installBundle(client, file, options.enable ?? false);
    } catch (error) {
      if (!(error instanceof CliFailure) || error.exitCode !== EXIT.badData) throw error;
      printNote(`aldis: ${error.message}`);
      exitCode = EXIT.badData;
    }
  }
  return exitCode;
}

async function installBundle(client: Client, file: string, enable: boolean): Promise<void> {
  const source = await readSource(file);
  const installed = await client.post("bundles", { source, file }, InstalledBundle);
  const { name, version, isNew, warnings } = installed;
  for (const warning of warnings) printNote(`warning: ${warning}`);
  printLine(`${name} ${version} ${isNew ? "installed" : "was installed already"}`);
  if (enable) await enableBundle(client, name, version);
}

async function readSource(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure(`${file} cannot be read: ${reason}`, EXIT.noInput);
  }
}

export async function enableBundle(
  client: Client,
  name: string,
  version: string | undefined,
): Promise<number> {
  const wish = version === undefined ? {} : { version };
  const path = `bundles/${encodeURIComponent(name)}/enable`;
  const enabled = await client.post(path, wish, EnabledBundle);
  const image = enabled.image === undefined ? "" : `: ${enabled.image}`;
  printLine(`${enabled.name} ${enabled.version} enabled${image}`);
  return 0;
}

export async function showBundle(
  client: Client,
  name: string,
  options: { json?: boolean },
): Promise<number> {
  const bundle = await client.get(`bundles/${encodeURIComponent(name)}`, BundleInfo);
  printLine(options.json ? JSON.stringify(bundle, null, 2) : describe(bundle));
  return 0;
}

function describe(bundle: BundleInfo): string {
  const versions = bundle.versions.map(({ version, enabled }) =>
    enabled ? `${version} (enabled)` : version,
  );
  const fields = [
    ["bundle:", `${bundle.name} ${bundle.version}`],
    ["description:", bundle.description],
    ["image:", bundle.image ?? "none"],
    ["permissions:", bundle.permissions.join(", ") || "none"],
    ["versions:", versions.join(", ")],
    ["digest:", bundle.digest],
  ];
  const commands = bundle.commands.map((command) => {
    const options = command.options.map(({ name, type }) => `  --${name} (${type})`);
    const rules = command.rules.map((rule) => `  rule: ${rule}`);
    const words = command.arguments.map((argument) => ` ${argument.name.toUpperCase()}`).join("");
    const head = `${bundle.name}:${command.name}${words}  ${command.description}`.trimEnd();
    return [head, ...options, ...rules].join("\n");
  });
  return [printTable(fields), ...commands].join("\n\n");
}
