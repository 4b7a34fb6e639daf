import { packageRoot } from "../../relay/process/package-root.ts";
import { inFolderWith, showRun } from "./aldis-example.ts";
import { blockNamed, readPage } from "./markdown.ts";

/** How the line of the reference is read. */
export function parseExample(): string {
  const line = "!web:restart proxy --wait 30s -f";
  return inFolderWith({ "web.yaml": exampleBundle() }, (folder) =>
    showRun(["parse", line, "--bundle", "web.yaml"], folder),
  );
}

/** A check of the reference's bundle, what the next version changes, and a command that runs. */
export function bundleExamples(): string {
  const files = { "web.yaml": exampleBundle(), "next.yaml": nextVersion() };
  const checked = inFolderWith(files, (folder) => [
    showRun(["bundle", "lint", "web.yaml"], folder),
    showRun(["bundle", "diff", "web.yaml", "next.yaml"], folder),
  ]);
  const run = showRun(["bundle", "run", "bundles/demo.yaml", "echo hello"], packageRoot());
  return [...checked, run].join("\n");
}

function exampleBundle(): string {
  return blockNamed(readPage("docs/bundle-reference.md"), "web.yaml");
}

/** As the page describes it. */
function nextVersion(): string {
  return exampleBundle()
    .replace("version: 1.4.0", "version: 1.5.0")
    .replace("must have web:deploy", "allow")
    .replace("permissions: [deploy] ", "permissions: []");
}
