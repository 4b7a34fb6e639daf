import type { ExecutionSpec } from "../../relay/wire/messages.ts";
import type { Principal } from "../access/principal.ts";
import { optionVariable } from "../bundles/option-variable.ts";
import type { Message } from "./message.ts";
import type { ParsedWords } from "./parsed-words.ts";
import type { Target } from "./resolve.ts";

/** What an allowed invocation will run, complete but for the relay and the attempt. */
export function specOf(
  ids: { invocationId: string; executionId: string },
  target: Target,
  parsed: ParsedWords,
  message: Pick<Message, "adapter" | "channel">,
  caller: Pick<Principal, "name">,
): ExecutionSpec {
  const { bundle, command } = target;
  return {
    ...ids,
    bundle: bundle.name,
    bundleVersion: bundle.version,
    bundleDigest: bundle.digest,
    command: command.name,
    native: command.native,
    ...(bundle.image !== undefined && !command.native && { image: bundle.image }),
    argv: [...command.executable, ...parsed.argv],
    env: environmentOf(ids, target, parsed, message, caller),
    limits: command.limits,
    network: command.network,
    mounts: [...command.mounts],
    user: command.user,
    selector: command.selector,
    delivery: command.delivery,
  };
}

function environmentOf(
  { invocationId, executionId }: { invocationId: string; executionId: string },
  { bundle, command }: Target,
  parsed: ParsedWords,
  message: Pick<Message, "adapter" | "channel">,
  caller: Pick<Principal, "name">,
): Record<string, string> {
  return {
    ALDIS_INVOCATION_ID: invocationId,
    ALDIS_EXECUTION_ID: executionId,
    ALDIS_BUNDLE: bundle.name,
    ALDIS_COMMAND: command.name,
    ALDIS_ADAPTER: message.adapter,
    ALDIS_CHANNEL: message.channel,
    ALDIS_USER: caller.name,
    ...optionVariables(parsed),
    ...(bundle.format === "gort" && {
      GORT_ADAPTER: message.adapter,
      GORT_BUNDLE: bundle.name,
      GORT_COMMAND: command.name,
      GORT_INVOCATION_ID: invocationId,
      GORT_ROOM: message.channel,
      GORT_USER: caller.name,
    }),
  };
}

/**
 * `ALDIS_OPT_<NAME>` for each option whose value is certain; a list is joined by commas. Where two
 * options that are not declared share a name, neither has it: a rule reads them apart.
 */
function optionVariables({ options }: ParsedWords): Record<string, string> {
  const found = new Map<string, string | null>();
  for (const [name, values] of Object.entries(options)) {
    const variable = optionVariable(name);
    const isCertain = values !== null && !found.has(variable);
    found.set(variable, isCertain ? values.join(",") : null);
  }
  const certain = [...found].flatMap(([name, text]) => (text === null ? [] : [[name, text]]));
  return Object.fromEntries(certain);
}
