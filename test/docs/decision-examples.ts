import { inFolderWith, showRun } from "./aldis-example.ts";
import { blockNamed, readPage } from "./markdown.ts";

interface Example {
  says: string;
  rules: readonly string[];
  line: string;
  /** Whether the command is that of the page's bundle, which declares its options. */
  isDeclared?: boolean;
  circumstances?: readonly string[];
}

const PROD = 'with arg[0] == "prod" must have web:deploy';
const STAGING = 'with arg[0] == "staging" allow';
const EXAMPLES: readonly Example[] = [
  {
    says: "A permission allows what a rule asks for it.",
    rules: [STAGING, PROD],
    line: "!web:deploy prod",
    circumstances: ["--grant", "web:deploy"],
  },
  {
    says: "Without it, the answer names it.",
    rules: [STAGING, PROD],
    line: "!web:deploy prod",
  },
  {
    says: "Another line of the same command needs none.",
    rules: [STAGING, PROD],
    line: "!web:deploy staging",
  },
  {
    says: "A permission allows nothing where no rule is true.",
    rules: [PROD],
    line: "!web:deploy staging",
    circumstances: ["--grant", "web:deploy"],
  },
  {
    says: "Demands add up, and what one has is not named.",
    rules: ["must have web:deploy", 'with arg[0] == "prod" must have web:force'],
    line: "!web:deploy prod",
    circumstances: ["--grant", "web:deploy"],
  },
  {
    says: "A rule that forbids is stronger than any permission.",
    rules: ["must have web:deploy", 'with weekday == "friday" forbid because "not on Fridays"'],
    line: "!web:deploy prod",
    circumstances: ["--grant", "web:deploy", "--at", "2026-05-08T09:00:00Z"],
  },
  {
    says: "An absent argument is not unequal to anything: what hangs on it is unknown, and denies.",
    rules: ["allow", 'with arg[0] != "staging" forbid because "only staging"'],
    line: "!web:deploy",
  },
  {
    says: "Where options are not declared, `--force` may be a flag or take the next word.",
    rules: ["allow", 'with arg[0] == "prod" forbid'],
    line: "!web:deploy --force staging",
    isDeclared: false,
  },
  {
    says: "Declared, it is a flag, and the same line is allowed.",
    rules: ["allow", 'with arg[0] == "prod" forbid'],
    line: "!web:deploy --force staging",
  },
  {
    says: "Without a quantifier, one of the caller's groups is enough.",
    rules: ['with group in [ops, oncall] and option["force"] == false allow'],
    line: "!web:deploy prod",
    circumstances: ["--group", "dev", "--group", "ops"],
  },
  {
    says: "What hangs on a tag of the relay is decided once a relay is in question.",
    rules: ['with relay.tag["region"] == "eu" allow'],
    line: "!web:deploy prod",
    circumstances: ["--relay-tag", "region=eu"],
  },
];

/** Each as it is typed, with what the rule tester prints. */
export function decisionExamples(): string {
  const bundle = blockNamed(readPage("docs/permissions.md"), "web.yaml");
  return inFolderWith({ "web.yaml": bundle }, (folder) =>
    EXAMPLES.map((example) => `${example.says}\n\n${showRun(argsOf(example), folder)}`).join("\n"),
  );
}

function argsOf({ rules, line, isDeclared = true, circumstances = [] }: Example): string[] {
  const bundle = isDeclared ? ["--bundle", "web.yaml"] : [];
  return ["rules", "test", ...rules, "--command", line, ...bundle, ...circumstances];
}
