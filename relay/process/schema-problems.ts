import type { z } from "zod";
import { nearest } from "./nearest.ts";

type Path = readonly (string | number)[];

/** Something wrong in a file, by key. */
export interface SchemaProblem {
  path: Path;
  message: string;
  suggestion?: string | undefined;
}

/**
 * Says in plain words what a schema has to object to, with the nearest known key or value; keys are
 * known from the same schema as JSON Schema.
 */
export function problemsOf(error: z.ZodError, content: unknown, schema: object): SchemaProblem[] {
  return error.issues.flatMap((issue): SchemaProblem[] => {
    const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
    const given = valueAt(content, path);
    if (given === null && path.length > 0) return [{ path, message: NO_VALUE }];
    switch (issue.code) {
      case "unrecognized_keys": {
        const known = knownKeys(schema, path);
        return issue.keys.map((key) => ({
          path: [...path, key],
          message: "is not a known key",
          suggestion: nearest(key, known),
        }));
      }
      case "invalid_value": {
        const values = issue.values.map(String);
        const message = values.length > 1 ? `is one of ${values.join(", ")}` : issue.message;
        if (given === undefined) return [{ path, message: "is missing" }];
        return [{ path, message, suggestion: nearest(String(given), values) }];
      }
      case "invalid_key":
        return [{ path, message: issue.issues.map(({ message }) => message).join("; ") }];
      case "invalid_type":
        return [
          { path, message: given === undefined ? "is missing" : typeMessage(issue.expected) },
        ];
      case "invalid_union": {
        const expected = issue.errors.flat().flatMap((inner) => {
          return inner.code === "invalid_type" ? [inner.expected] : [];
        });
        if (given === undefined) return [{ path, message: "is missing" }];
        return [{ path, message: typeMessage(...new Set(expected)) }];
      }
      default:
        return [{ path, message: issue.message }];
    }
  });
}

/** A restriction whose value was forgotten must not count as none. */
const NO_VALUE = "has no value; write one, or leave the key out";

const TYPE_NAMES: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "a mapping",
  record: "a mapping",
  string: "text",
};

function typeMessage(...expected: readonly string[]): string {
  const names = expected.map((type) => TYPE_NAMES[type] ?? type);
  return names.length === 0 ? "is not of the right kind" : `should be ${names.join(" or ")}`;
}

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step))
      return undefined;
    return Reflect.get(value, step);
  }, content);
}

/** The keys that may stand at a path. */
function knownKeys(schema: unknown, path: Path): string[] {
  const found = path.reduce<unknown>((found, step) => {
    if (typeof step === "number") return valueAt(found, ["items"]);
    return valueAt(found, ["properties", step]) ?? valueAt(found, ["additionalProperties"]);
  }, schema);
  return Object.keys(Object(valueAt(found, ["properties"])));
}
