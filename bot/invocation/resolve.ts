import { nearest } from "../../relay/process/nearest.ts";
import type { Bundle, Command } from "../bundles/bundle.ts";
import type { NamedCommand } from "./address.ts";

export interface Target {
  bundle: Bundle;
  command: Command;
}

export type Resolved =
  | { kind: "target"; target: Target }
  /** Several enabled bundles have a command of this short name. */
  | { kind: "ambiguous"; names: readonly string[] }
  | { kind: "unknown"; name: string; suggestion: string | undefined };

/**
 * Finds the command that is meant. A short name is enough where exactly one enabled bundle has it,
 * whoever asks; what is suggested or listed is only what `isVisible` to the caller.
 */
export function resolve(
  bundles: ReadonlyMap<string, Bundle>,
  named: NamedCommand,
  isVisible: (target: Target) => boolean,
): Resolved {
  const all = allTargets(bundles);
  const found = all.filter(
    ({ bundle, command }) =>
      command.name === named.command &&
      (named.bundle === undefined || bundle.name === named.bundle),
  );
  const [only, ...others] = found;
  if (only && others.length === 0) return { kind: "target", target: only };
  if (only) return { kind: "ambiguous", names: found.filter(isVisible).map(nameOf).sort() };
  return { kind: "unknown", name: printNamed(named), suggestion: suggest() };

  function suggest(): string | undefined {
    const visible = all.filter(isVisible);
    if (named.bundle !== undefined) return nearest(printNamed(named), visible.map(nameOf));
    return nearest(named.command, new Set(visible.map(({ command }) => command.name)));
  }
}

export function allTargets(bundles: ReadonlyMap<string, Bundle>): Target[] {
  return [...bundles.values()].flatMap((bundle) =>
    Object.values(bundle.commands).map((command) => ({ bundle, command })),
  );
}

/** `bundle:command`. */
export function nameOf({ bundle, command }: Target): string {
  return `${bundle.name}:${command.name}`;
}

function printNamed({ bundle, command }: NamedCommand): string {
  return bundle === undefined ? command : `${bundle}:${command}`;
}
