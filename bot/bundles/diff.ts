import { isDeepStrictEqual } from "node:util";
import { anyRelay } from "../../relay/wire/selector.ts";
import { type Bundle, type Command, DEFAULT_LIMITS } from "./bundle.ts";
import { compareRules, type Effect } from "./diff-rules.ts";
import { BUNDLE_SECTIONS, COMMAND_SECTIONS, SECTIONS, type Section } from "./diff-sections.ts";
import { byName, compareLists, compareValues, placed, type ValueChange } from "./diff-values.ts";

export interface Change extends ValueChange {
  section: Section;
  /** The command it is about; absent for the bundle as a whole. */
  command?: string;
  effect?: Effect;
}

/** A command that says nothing: what one that is added has beyond it is a change. */
const NEW_COMMAND: Partial<Command> = {
  rules: [],
  executable: [],
  native: false,
  network: "none",
  mounts: [],
  user: "65534:65534",
  limits: DEFAULT_LIMITS,
  selector: anyRelay(),
  triggers: [],
};

/** What changes from one bundle to another, permissions and rules first, texts last. */
export function diffBundles(before: Bundle, after: Bundle): Change[] {
  const ofBundle = fieldsOf(BUNDLE_SECTIONS)
    .filter((field) => field !== "commands" && field !== "digest")
    .flatMap((field) => compareBundleField(field, before, after));
  const names = new Set([...Object.keys(before.commands), ...Object.keys(after.commands)]);
  const ofCommands = [...names].flatMap((name) =>
    compareCommands(name, before.commands[name], after.commands[name]),
  );
  const changes = [...ofBundle, ...ofCommands.filter((change) => !isInherited(change, ofBundle))];
  if (changes.length === 0) return compareDigests(before, after);
  return changes.sort((a, b) => SECTIONS.indexOf(a.section) - SECTIONS.indexOf(b.section));
}

/** Two files may differ and mean the same: by keys without effect, or defaults written out. */
function compareDigests(before: Bundle, after: Bundle): Change[] {
  const changes = compareValues(before.digest, after.digest, "digest");
  return changes.map((change) => ({ section: BUNDLE_SECTIONS.digest, ...change }));
}

function compareBundleField(field: keyof Bundle, before: Bundle, after: Bundle): Change[] {
  const changes =
    field === "permissions"
      ? compareLists(before.permissions, after.permissions, field)
      : field === "config"
        ? compareValues(byName(before.config), byName(after.config), field)
        : compareValues(before[field], after[field], field);
  return changes.map((change) => ({ section: BUNDLE_SECTIONS[field], ...change }));
}

function compareCommands(
  command: string,
  before: Command | undefined,
  after: Command | undefined,
): Change[] {
  if (!after) return [{ section: "commands", command, key: "", kind: "removed" }];
  if (before) {
    return fieldsOf(COMMAND_SECTIONS).flatMap((field) =>
      compareCommandField(field, command, before, after),
    );
  }
  const unusual = fieldsOf(NEW_COMMAND).flatMap((field) =>
    compareCommandField(field, command, { ...after, ...NEW_COMMAND }, after),
  );
  return [{ section: "commands", command, key: "", kind: "added" }, ...unusual];
}

function compareCommandField(
  field: keyof Command,
  command: string,
  before: Command,
  after: Command,
): Change[] {
  const changes = commandFieldChanges(field, before, after);
  return changes.map((change) => ({ section: COMMAND_SECTIONS[field], command, ...change }));
}

function commandFieldChanges(field: keyof Command, before: Command, after: Command) {
  switch (field) {
    case "rules":
      return compareRules(before, after);
    case "ruleTexts":
      return compareRules(before, after).length > 0
        ? []
        : compareLists(before.ruleTexts, after.ruleTexts, "rules");
    case "arguments":
      return compareValues(placed(before.arguments), placed(after.arguments), field);
    case "mounts":
    case "triggers":
    case "examples":
      return compareLists(before[field], after[field], field);
    default:
      return compareValues(before[field], after[field], field);
  }
}

/** A template of the bundle is every command's that has none of its own. */
function isInherited(change: Change, ofBundle: readonly Change[]): boolean {
  const { command: _command, ...what } = change;
  return change.section === "templates" && ofBundle.some((other) => isDeepStrictEqual(other, what));
}

function fieldsOf<Field extends string>(record: Partial<Record<Field, unknown>>): Field[];
function fieldsOf(record: object): string[] {
  return Object.keys(record);
}
