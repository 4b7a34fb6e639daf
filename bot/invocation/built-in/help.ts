import type { Command, Option } from "../../bundles/bundle.ts";
import { type Answer, type Block, refuse, say } from "../../replies/answer.ts";
import { addressOf } from "../address.ts";
import { isVisibleTo } from "../authorize.ts";
import { allTargets, nameOf, resolve, type Target } from "../resolve.ts";
import type { Asked } from "./asked.ts";

/** Shows only what the caller may run. */
export function answerHelp({ view, request, message, now }: Asked): Answer {
  const isVisible = isVisibleTo(view, request.caller, message, now);
  const name = request.parsed.arguments?.[0];
  if (typeof name !== "string") {
    const visible = allTargets(view.bundles).filter(isVisible);
    return say(
      {
        kind: "table",
        columns: ["command", "what it does"],
        rows: visible.map((target) => [view.prefix + nameOf(target), target.command.description]),
      },
      `${view.prefix}help COMMAND shows how one is used`,
    );
  }
  const named = addressOf(name, { prefix: view.prefix, mentions: [], isDirect: true });
  if (named.kind !== "command") return refuse(`"${name}" is not the name of a command`);
  const resolved = resolve(view.bundles, named, isVisible);
  if (resolved.kind === "ambiguous") {
    return refuse(`several bundles have ${name}: ${resolved.names.join(", ")}`);
  }
  if (resolved.kind === "unknown" || !isVisible(resolved.target)) {
    return refuse(`there is no command ${name} that you may run`);
  }
  return say(...describe(view.prefix, resolved.target));
}

function describe(prefix: string, target: Target): Block[] {
  const { command } = target;
  const blocks: Block[] = [
    { kind: "text", text: `${nameOf(target)}: ${command.description}` },
    { kind: "code", text: `${prefix}${nameOf(target)}${usage(command)}` },
  ];
  const options = Object.values(command.options);
  if (options.length > 0) {
    const rows = options.map((option) => [printOption(option), option.type, option.description]);
    blocks.push({ kind: "table", columns: ["option", "type", "what it is"], rows });
  }
  if (command.examples.length > 0) {
    const examples = command.examples.map((example) => prefix + example).join("\n");
    blocks.push({ kind: "text", text: "examples:" }, { kind: "code", text: examples });
  }
  return blocks;
}

function usage(command: Command): string {
  const options = Object.values(command.options).map((option) => {
    const form = option.type === "bool" ? `--${option.name}` : `--${option.name} VALUE`;
    return option.required ? ` ${form}` : ` [${form}]`;
  });
  const words = command.arguments.map(({ name, required, choices }) => {
    const form = choices ? choices.join("|") : name.toUpperCase();
    return required ? ` ${form}` : ` [${form}]`;
  });
  const isOpen = command.arguments.length === 0 && !command.declaresOptions;
  return options.join("") + words.join("") + (isOpen ? " [WORDS…]" : "");
}

function printOption({ name, short }: Option): string {
  return short === undefined ? `--${name}` : `--${name}, -${short}`;
}
