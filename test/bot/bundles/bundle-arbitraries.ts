import fc from "fast-check";

/** Mostly one of these, and rarely what a file may not say. */
function mostly(good: fc.Arbitrary<unknown>, ...bad: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 100, arbitrary: good },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );
}

/** Some of these keys, as a file has them. */
function some(model: Readonly<Record<string, fc.Arbitrary<unknown>>>, required: string[] = []) {
  return fc.record(model, { requiredKeys: required });
}

const name = mostly(fc.constantFrom("deploy", "read", "a", "x_1", "list-all"), "Up", "1a");
const line = fc.constantFrom("", "Deploys.", "what {{ it }} does", "1.10");
const text = fc.oneof(line, fc.integer({ min: 0, max: 99 }), fc.boolean());
const texts = fc.uniqueArray(text, { minLength: 1, maxLength: 3, selector: String });
const duration = mostly(fc.constantFrom("10s", "5m", "1h30m", "0.5s"), "10", "", 10);
const size = mostly(fc.constantFrom("64Mi", "1G", "100", 1024), "many", true);
const argv = fc
  .array(fc.constantFrom("-c", ""), { maxLength: 2 })
  .map((words) => ["/bin/run", ...words]);

const limits = some({
  memory: size,
  cpus: mostly(fc.constantFrom(1, 0.5, "2"), "-1", true),
  pids: mostly(fc.integer({ min: 1, max: 100 }), 0, 1.5),
  timeout: duration,
  output: size,
  tmp: size,
});
const tags = fc.dictionary(fc.constantFrom("role", "region"), fc.oneof(text, texts));
const selector = some({
  tags,
  not: tags,
  exists: fc.subarray(["role", "k"]),
  absent: fc.subarray(["old", "k"]),
  preferred: tags,
});
const relay = some({ selector }, ["selector"]);
const common = { description: line, required: fc.boolean(), secret: fc.boolean() };
const option = fc.oneof(
  some({ ...common, type: fc.constantFrom("string", "duration", "bool", "list") }),
  some({ type: fc.constantFrom("string", "list"), default: text }),
  some({ type: fc.constantFrom("string", "list"), choices: texts }),
  some({ short: mostly(fc.constantFrom("a", "B", 1), "long", 12) }),
  some({ type: fc.constant("enum"), choices: texts }, ["type", "choices"]),
);
const argument = some({ name, description: line, choices: texts }, ["name"]);
const templates = some({
  command: fc.oneof(line, fc.constant({ text: "x" }), fc.constant([{ text: "x" }])),
  message_error: line,
});

const command = some(
  {
    description: line,
    long_description: line,
    executable: argv,
    native: fc.boolean(),
    options: fc.dictionary(fc.constantFrom("force", "Loud"), option, { maxKeys: 1 }),
    arguments: fc.array(argument, { maxLength: 1 }),
    rules: fc.subarray(["allow", "must have web:deploy", 'with arg[0] == "x" forbid']),
    relay,
    delivery: fc.constantFrom("at-most-once", "at-least-once"),
    offer_timeout: duration,
    queue_timeout: duration,
    lost_after: duration,
    attempts: mostly(fc.integer({ min: 1, max: 5 }), 0, 101),
    confirm: line,
    limits,
    network: name,
    mounts: fc.array(name, { maxLength: 2 }),
    user: mostly(fc.constantFrom("65534:65534", "0:0"), "root", 0),
    examples: fc.array(line, { maxLength: 2 }),
    triggers: fc.array(fc.record({ match: fc.constantFrom("/^x$/", "say it") }), { maxLength: 1 }),
    templates,
  },
  ["executable"],
);
const configKey = some({ name: fc.constant("API_URL"), secret: fc.boolean() }, ["name"]);

/** Files, most of them valid. */
export const bundleFiles = some(
  {
    aldis_bundle_version: fc.constant(1),
    name: fc.constant("web"),
    version: mostly(fc.constantFrom("1.4.0", "0.1.0-rc.1"), "1.4"),
    author: line,
    homepage: line,
    description: line,
    long_description: line,
    image: fc.constantFrom("web:1", "web@sha256:abc"),
    permissions: fc.constant(["deploy"]),
    relay,
    limits,
    config: fc.array(configKey, { maxLength: 1 }),
    templates,
    commands: fc.dictionary(fc.constantFrom("deploy", "read"), command, {
      minKeys: 1,
      maxKeys: 2,
    }),
  },
  ["aldis_bundle_version", "name", "version", "image", "permissions", "commands"],
);

export type Path = readonly (string | number)[];

/** Where each value stands that holds no other. */
export function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

/** A copy with another value at one place. */
export function withLeaf(value: unknown, [key, ...rest]: Path, leaf: unknown): unknown {
  if (key === undefined) return leaf;
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === key ? withLeaf(item, rest, leaf) : item));
  }
  const entries = Object.entries(Object(value));
  const inner = entries.find(([name]) => name === String(key))?.[1];
  return { ...Object(value), [key]: withLeaf(inner, rest, leaf) };
}
