import { type OfflineError, type OfflineLine, readOffline } from "../invocation/offline.ts";
import { lineValues } from "../invocation/offline-values.ts";
import { commandMeantBy, type RuleFault, readRules } from "../invocation/rules-at-hand.ts";
import { tryRules } from "../invocation/try-rules.ts";
import { readBundleFiles } from "./bundle-files.ts";
import { CliFailure, EXIT } from "./failure.ts";
import { printOfflineError } from "./offline-text.ts";
import { circumstancesOf, type RulesTestOptions } from "./rules-test-facts.ts";
import { printFaults, printTested, type Tested, testedJson } from "./rules-test-text.ts";
import { printLine } from "./terminal.ts";

export type { RulesTestOptions };

/** Shows what rules decide about a line, and why; needs no bot. */
export async function testRules(
  given: readonly string[],
  options: RulesTestOptions,
): Promise<number> {
  const circumstances = circumstancesOf(options, new Date());
  const bundles = await readBundleFiles(options.bundle);
  if (!bundles) return EXIT.badData;
  const read = readOffline(options.command, bundles);
  if (!read.ok) return failWith(read.error, options);
  const texts = given.length > 0 ? given : (read.line.target?.command.ruleTexts ?? []);
  if (given.length === 0 && !read.line.target) {
    throw new CliFailure("give a rule, or the bundle that has them: --bundle FILE", EXIT.usage);
  }
  const line = withBundleOf(texts, read.line);
  const command = line.bundle === undefined ? line.command : `${line.bundle}:${line.command}`;
  const rules = readRules(texts, command, bundles);
  if (!rules.ok) return failWithRules(rules.errors, options);

  const { options: named, abbreviations, arguments: words } = line.parsed;
  const trial = tryRules(rules.rules, {
    ...circumstances,
    command,
    options: named,
    abbreviations,
    arguments: words,
  });
  const tested: Tested = { trial, line: lineValues(line), warnings: rules.warnings };
  if (options.json) printLine(JSON.stringify(testedJson(tested)));
  else printTested(tested);
  return trial.decision.allowed ? 0 : EXIT.refused;
}

/** A short name that no bundle is given for means the command that the rules are about. */
function withBundleOf(texts: readonly string[], line: OfflineLine): OfflineLine {
  if (line.bundle !== undefined) return line;
  const [bundle] = commandMeantBy(texts, line.command)?.split(":") ?? [];
  return { ...line, bundle };
}

function failWith(error: OfflineError, { command, json }: RulesTestOptions): number {
  if (json) printLine(JSON.stringify({ decision: "error", error }));
  else printOfflineError(command, error);
  return EXIT.refused;
}

function failWithRules(faults: readonly RuleFault[], { json }: RulesTestOptions): number {
  const errors = faults.map((fault) => ({ code: "bad-rule", ...fault }));
  if (json) printLine(JSON.stringify({ decision: "error", error: errors[0], errors }));
  else printFaults(faults);
  return EXIT.refused;
}
