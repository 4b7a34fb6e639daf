import { readFile } from "node:fs/promises";
import { EXIT, RelayFailure } from "../failure.ts";
import { problemsOf, type SchemaProblem } from "../process/schema-problems.ts";
import { readYamlSource, type YamlPlace } from "../process/yaml-source.ts";
import type { Limits } from "../wire/messages.ts";
import { policyJsonSchema } from "./json-schema.ts";
import { DEFAULT_POLICY, type Policy } from "./policy.ts";
import { PolicyFile } from "./schema.ts";

export type PolicyLoad = { ok: true; policy: Policy } | { ok: false; errors: readonly string[] };

/** Reads a policy, or says everything that is wrong with it, a line each. */
export function loadPolicy(text: string, file: string): PolicyLoad {
  const reading = readYamlSource(text);
  if (!reading.ok) {
    return { ok: false, errors: reading.problems.map((each) => print(file, each, each.message)) };
  }
  const { content, placeOf } = reading.source;
  const parsed = PolicyFile.safeParse(content);
  if (parsed.success) return { ok: true, policy: policyOf(parsed.data) };
  const errors = problemsOf(parsed.error, content, policyJsonSchema())
    .map((problem) => ({ problem, place: placeOf(problem.path) }))
    .sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
    .map(({ problem, place }) => print(file, place, wordsFor(problem)));
  return { ok: false, errors };
}

/** What the file says, which ends the program where it is wrong; without a file, the default. */
export async function openPolicy(file: string | undefined): Promise<Policy> {
  if (file === undefined) return DEFAULT_POLICY;
  const loaded = loadPolicy(await read(file), file);
  if (loaded.ok) return loaded.policy;
  throw new RelayFailure(loaded.errors.join("\n"), EXIT.configuration);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const line = `relay.policy_file: ${file} cannot be read (${code})`;
    throw new RelayFailure(line, EXIT.configuration, { cause: error });
  }
}

function policyOf({ networks, mounts, users, images, limits }: PolicyFile): Policy {
  return {
    networks: new Map(Object.entries(networks)),
    mounts: new Map(
      Object.entries(mounts).map(([name, { source, target, read_only: readOnly }]) => [
        name,
        { source, target, readOnly },
      ]),
    ),
    users: users ?? DEFAULT_POLICY.users,
    images: images ?? DEFAULT_POLICY.images,
    most: mostOf(limits),
  };
}

function mostOf({
  memory,
  cpus,
  pids,
  timeout,
  output,
  tmp,
}: PolicyFile["limits"]): Partial<Limits> {
  return {
    ...(memory !== undefined && { memoryBytes: memory }),
    ...(cpus !== undefined && { cpus }),
    ...(pids !== undefined && { pids }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(output !== undefined && { outputBytes: output }),
    ...(tmp !== undefined && { tmpBytes: tmp }),
  };
}

function print(file: string, { line, column }: YamlPlace, message: string): string {
  return `${file}:${line}:${column}: ${message}`;
}

function wordsFor({ path, message, suggestion }: SchemaProblem): string {
  const key = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  const hint = suggestion === undefined ? "" : `; did you mean ${suggestion}?`;
  return `${key === "" ? "" : `${key.replace(/^\./, "")}: `}${message}${hint}`;
}
