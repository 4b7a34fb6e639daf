import { readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Environment } from "./config-environment.ts";
import { type ConfigKey, variableOf, type Written } from "./config-keys.ts";
import { nearest } from "./nearest.ts";
import { resolveSecret } from "./secret-reference.ts";

export interface FileContent {
  written: Map<string, Written>;
  errors: string[];
  warnings: string[];
}

interface FileOptions {
  named: string | undefined;
  cwd: string;
  env: Environment;
  elsewhere: readonly string[];
}

interface Reading extends FileContent, FileOptions {
  document: Document;
  keys: readonly ConfigKey[];
  file: string;
  position(node: unknown): string;
}

/** Reads the file that was named, or `aldis.yaml` where there is one. */
export function readConfigFile(keys: readonly ConfigKey[], options: FileOptions): FileContent {
  const file = options.named ?? "aldis.yaml";
  const path = isAbsolute(file) ? file : resolve(options.cwd, file);
  try {
    return readYaml(readFileSync(path, "utf8"), file, keys, options);
  } catch (error) {
    const content: FileContent = { written: new Map(), errors: [], warnings: [] };
    const reason = error instanceof Error ? error.message : String(error);
    const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (options.named !== undefined || !absent)
      content.errors.push(`${file}: cannot be read: ${reason}`);
    return content;
  }
}

function readYaml(
  text: string,
  file: string,
  keys: readonly ConfigKey[],
  options: FileOptions,
): FileContent {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const position = (node: unknown) => at((isNode(node) ? node.range?.[0] : undefined) ?? 0);
  const reading: Reading = {
    ...options,
    document,
    keys,
    file,
    position,
    written: new Map(),
    errors: document.errors.map((error) => `${at(error.pos[0])}: ${firstLine(error.message)}`),
    warnings: [],
  };
  if (reading.errors.length > 0) return reading;
  const root = document.contents;
  if (isMap(root)) readSection(reading, root, []);
  else if (!isEmpty(root)) {
    reading.errors.push(`${position(root)}: expected keys and values, such as "data_dir: ./data"`);
  }
  return reading;
}

function readSection(reading: Reading, section: YAMLMap, above: readonly string[]): void {
  for (const pair of section.items) readPair(reading, pair, above);
}

function readPair(reading: Reading, pair: Pair, above: readonly string[]): void {
  const segments = [...above, isScalar(pair.key) ? String(pair.key.value) : "?"];
  const path = segments.join(".");
  if (above.length === 0 && reading.elsewhere.includes(path)) return;
  const key = reading.keys.find((known) => known.path === path);
  const isSection = reading.keys.some((known) => known.path.startsWith(`${path}.`));
  const where = reading.position(pair.key);
  if (key) readValue(reading, key, pair, segments);
  else if (isMap(pair.value)) readSection(reading, pair.value, segments);
  else if (!isSection)
    reading.errors.push(`${where}: unknown key "${path}"${advice(reading, path)}`);
  else if (!isEmpty(pair.value))
    reading.errors.push(`${where}: "${path}" is a section: put its keys below it`);
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function advice({ keys, elsewhere }: Reading, path: string): string {
  const similar = nearest(path, [...keys.map((key) => key.path), ...elsewhere]);
  return similar ? `; did you mean "${similar}"?` : '; see "aldis config explain" for all keys';
}

function readValue(
  reading: Reading,
  key: ConfigKey,
  pair: Pair,
  segments: readonly string[],
): void {
  const { document, file, position, warnings, written } = reading;
  const value = isNode(pair.value) ? pair.value.toJS(document) : undefined;
  if (value === null || value === undefined) return;
  const where = position(pair.value);
  const referred = key.secret && typeof value === "string" && resolveSecret(value, reading);
  if (referred && !referred.ok) {
    reading.errors.push(`${where}: "${key.path}": ${referred.reason}`);
    return;
  }
  written.set(key.path, {
    value: referred ? referred.value : value,
    source: where.replace(/:\d+$/, ""),
    where: (part) => `${position(deepest(document, segments, part))}: "${key.path}"`,
  });
  if (!key.secret || referred) return;
  const better = `write file:PATH or env:NAME here, or set ${variableOf(key.path)}_FILE`;
  warnings.push(`${where}: "${key.path}" holds a secret in ${file}; safer: ${better}`);
}

/** The node of a part of the value, or of the nearest thing around it. */
function deepest(
  document: Document,
  segments: readonly string[],
  part: readonly PropertyKey[],
): unknown {
  for (let length = part.length; length > 0; length--) {
    const node = document.getIn([...segments, ...part.slice(0, length)], true);
    if (isNode(node)) return node;
  }
  return document.getIn(segments, true);
}

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? message;
}
