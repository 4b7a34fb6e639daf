import { z } from "zod";
import { checkCommand, type Surroundings } from "./check-command.ts";
import { type BundleProblem, ENOUGH_PROBLEMS } from "./problem.ts";
import { CommandEntry } from "./schema.ts";
import { Name, Text } from "./schema-options.ts";
import { coerceVersion, isSemver } from "./version.ts";

export interface LoadOptions {
  /** Permissions of other bundles and of the site; without it, only the bundle's own are checked. */
  declaredPermissions?: ReadonlySet<string>;
  /** For the bot's own bundle, which has a reserved name and no image. */
  isBuiltIn?: boolean;
}

const MOST_RULES = 2000;
/** In instructions of their programs; one pattern has at most 5000. */
const LARGEST_PATTERNS = 100_000;

const RESERVED: readonly string[] = ["site", "aldis", "gort"];

/** The parts of a file that can be judged even where others are not valid. */
const Outline = z.object({
  aldis_bundle_version: z.unknown().optional(),
  gort_bundle_version: z.unknown().optional(),
  name: Name.catch(""),
  version: Text.optional().catch(undefined),
  image: z.unknown().optional(),
  docker: z.unknown().optional(),
  permissions: z.array(z.coerce.string()).catch([]),
  commands: z.record(z.string(), z.unknown()).catch({}),
});
type Outline = z.infer<typeof Outline>;

/** Finds what a schema cannot, in whatever parts of the file are valid. */
export function checkBundle(content: unknown, options: LoadOptions): BundleProblem[] {
  const parsed = Outline.safeParse(content);
  if (!parsed.success) return [];
  const outline = parsed.data;
  const own = outline.permissions.map((permission) => `${outline.name}:${permission}`);
  const others = [...(options.declaredPermissions ?? [])].filter(
    (permission) => !permission.startsWith(`${outline.name}:`),
  );
  const surroundings: Surroundings = {
    bundleName: outline.name,
    permissions: new Set([...own, ...others]),
    isComplete: options.declaredPermissions !== undefined,
    budget: { rules: MOST_RULES, patterns: LARGEST_PATTERNS },
  };
  const commands: BundleProblem[] = [];
  for (const [name, entry] of Object.entries(outline.commands)) {
    if (commands.length >= ENOUGH_PROBLEMS || isSpent(surroundings.budget)) break;
    const command = CommandEntry.safeParse(validPart(entry));
    if (!command.success) continue;
    for (const problem of checkCommand(name, command.data, surroundings)) commands.push(problem);
  }
  const isBuiltIn = options.isBuiltIn ?? false;
  const image = isBuiltIn ? [] : checkImage(outline);
  return [...checkHead(outline, isBuiltIn), ...image, ...commands, ...checkBudget(surroundings)];
}

function isSpent({ rules, patterns }: Surroundings["budget"]): boolean {
  return rules < 0 || patterns < 0;
}

/** What is over it was not looked at. */
function checkBudget({ budget }: Surroundings): BundleProblem[] {
  const path = ["commands"];
  if (budget.rules < 0) {
    return [{ path, message: `have more than ${MOST_RULES} rules together; split the bundle` }];
  }
  if (budget.patterns >= 0) return [];
  return [
    { path, message: "have patterns that are too large together; use fewer or simpler ones" },
  ];
}

/** A command without the keys that the schema objects to anyway. */
function validPart(entry: unknown): unknown {
  const schemas = new Map(Object.entries(CommandEntry.shape));
  const valid = Object.entries(Object(entry)).filter(([key, value]) => {
    return schemas.get(key)?.safeParse(value).success;
  });
  return { executable: ["-"], ...Object.fromEntries(valid) };
}

/** What does not run natively runs in a container. */
function checkImage({ image, docker, commands }: Outline): BundleProblem[] {
  if (image !== undefined || docker !== undefined) return [];
  const needsImage = Object.values(commands).some((entry) => Object(entry).native !== true);
  const message = "is missing; without it every command says native: true";
  return needsImage ? [{ path: ["image"], message }] : [];
}

function checkHead(outline: Outline, isBuiltIn: boolean): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const isAldis = outline.aldis_bundle_version !== undefined;
  const isGort = outline.gort_bundle_version !== undefined;
  if (isAldis === isGort) {
    const message = isGort
      ? "a file is either an Aldis bundle or a Gort bundle"
      : "aldis_bundle_version: 1 is missing";
    problems.push({ path: isGort ? ["gort_bundle_version"] : [], message });
  }
  if (RESERVED.includes(outline.name) && !isBuiltIn) {
    problems.push({ path: ["name"], message: `${outline.name} is a reserved name` });
  }
  const { version } = outline;
  if (version !== undefined && !isSemver(isGort ? coerceVersion(version) : version)) {
    problems.push({ path: ["version"], message: "should be a semantic version like 1.4.0" });
  }
  return problems;
}
