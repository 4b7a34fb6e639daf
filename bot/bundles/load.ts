import { readFile } from "node:fs/promises";
import { problemsOf } from "../../relay/process/schema-problems.ts";
import { buildBundle } from "./build.ts";
import type { Bundle } from "./bundle.ts";
import { checkBundle, type LoadOptions } from "./check-bundle.ts";
import { parseSource, type SourceDocument } from "./document.ts";
import { bundleJsonSchema } from "./json-schema.ts";
import { type BundleError, type BundleProblem, printPath } from "./problem.ts";
import { BundleFile } from "./schema.ts";

export interface LoadedBundle {
  ok: true;
  bundle: Bundle;
  /** The file as plain data; the digest is made of it, and as JSON it loads again. */
  content: unknown;
  /** The file as the schema reads it. */
  parsed: BundleFile;
  /** Says where in the file these are. */
  locate(problems: readonly BundleProblem[]): BundleError[];
}

export type BundleLoad = LoadedBundle | { ok: false; errors: readonly BundleError[] };

const MAX_BYTES = 1024 * 1024;

/** Reads a bundle, or says everything that is wrong with it. */
export function loadBundle(text: string, file: string, options: LoadOptions = {}): BundleLoad {
  const whole = { file, key: "", line: 1, column: 1 };
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return { ok: false, errors: [{ ...whole, message: "is larger than 1 MiB" }] };
  }
  const source = parseSource(text);
  if (!source.ok) {
    return { ok: false, errors: source.problems.map((problem) => ({ ...whole, ...problem })) };
  }
  const { content } = source.document;
  const parsed = BundleFile.safeParse(content);
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error, content, bundleJsonSchema())),
    ...checkBundle(content, options),
  ];
  const located = (found: readonly BundleProblem[]) => locate(found, file, source.document);
  if (!parsed.success || problems.length > 0) return { ok: false, errors: located(problems) };
  const bundle = buildBundle(parsed.data, content);
  return { ok: true, bundle, content, parsed: parsed.data, locate: located };
}

function locate(
  problems: readonly BundleProblem[],
  file: string,
  { placeOf, placeIn }: SourceDocument,
): BundleError[] {
  const errors = problems.map(({ path, message, suggestion, within }) => ({
    file,
    key: printPath(path),
    ...(within ? placeIn(path, within) : placeOf(path)),
    message,
    ...(suggestion !== undefined && { suggestion }),
  }));
  return errors.sort((a, b) => a.line - b.line || a.column - b.column);
}

export async function readBundle(file: string, options: LoadOptions = {}): Promise<BundleLoad> {
  return loadBundle(await readFile(file, "utf8"), file, options);
}
