import type { Bundle, Command } from "../bundles/bundle.ts";
import type { BundleSummary } from "../bundles/installed.ts";
import type { BundleInfo, BundleItem } from "./contracts/bundles.ts";

export function bundleItem({ installedAt, ...item }: BundleSummary): BundleItem {
  return { ...item, installedAt: installedAt.toISOString() };
}

export function bundleInfo(
  bundle: Bundle,
  enabled: boolean,
  versions: readonly BundleSummary[],
): BundleInfo {
  const { name, version, digest, description, image, permissions, commands } = bundle;
  return {
    name,
    version,
    enabled,
    digest,
    description,
    ...(image !== undefined && { image }),
    permissions: permissions.map((permission) => `${name}:${permission}`),
    commands: Object.values(commands).map(commandInfo),
    versions: versions.map(bundleItem),
  };
}

function commandInfo(command: Command): BundleInfo["commands"][number] {
  const { name, description, native } = command;
  return {
    name,
    description,
    native,
    executable: [...command.executable],
    options: Object.values(command.options).map(({ choices, ...option }) => ({
      name: option.name,
      type: option.type,
      description: option.description,
      required: option.required,
      secret: option.secret,
      ...(option.short !== undefined && { short: option.short }),
      ...(choices && { choices: [...choices] }),
    })),
    arguments: command.arguments.map(({ choices, ...argument }) => ({
      ...argument,
      ...(choices && { choices: [...choices] }),
    })),
    rules: [...command.ruleTexts],
    examples: [...command.examples],
  };
}
