/** Objects whose keys are names that people chose, not fields. */
const OF_NAMES: ReadonlySet<string> = new Set(["env", "tags", "not", "preferred"]);

/** Every field of a message with the type of its value, such as `claims[].attempt: number`. */
export function fieldsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [`${path}: ${typeof value}`];
  if (isOfNames(path)) return [`${path}: names`];
  return Object.entries(value).flatMap(([name, inner]) =>
    fieldsOf(inner, path === "" ? name : `${path}.${name}`),
  );
}

/** A message as a newer minor version would write it: with fields that nobody knows yet. */
export function withNewFields(value: unknown, path = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => withNewFields(item, `${path}[]`));
  if (typeof value !== "object" || value === null || isOfNames(path)) return value;
  const fields = Object.entries(value).map(([name, inner]) => [
    name,
    withNewFields(inner, `${path}.${name}`),
  ]);
  return { ...Object.fromEntries(fields), addedLater: { by: ["a newer minor"] } };
}

function isOfNames(path: string): boolean {
  return OF_NAMES.has(path.split(".").at(-1) ?? "");
}

/** A subject with the ids and random names taken out, such as `aldis.up.<id>.claim`. */
export function subjectPattern(subject: string): string {
  const tokens = subject.split(".").map((token) => {
    if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(token)) return "<id>";
    return /^[\w-]{16}$|^[\w-]{43}$/.test(token) ? "<name>" : token;
  });
  return tokens.join(".");
}
