import { z } from "zod";
import { BundleFile } from "./schema.ts";

/** Exactly one of them says whose format a file follows. */
const VERSIONS = ["aldis_bundle_version", "gort_bundle_version"] as const;

/**
 * The JSON Schema of the bundle file, for editors. It accepts whatever the loader accepts; the
 * loader also reads rules, and knows what refers to what.
 */
export function bundleJsonSchema(): object {
  const schema = z.toJSONSchema(BundleFile, { io: "input", override: forEditors });
  return {
    $schema: schema.$schema,
    $id: "urn:aldis:bundle:1",
    title: "Aldis bundle",
    description: "What a bundle of commands is, who may run them, and where.",
    ...schema,
    oneOf: VERSIONS.map((version) => ({ required: [version] })),
  };
}

/** The file `docs/bundle.schema.json`. */
export function printBundleSchema(): string {
  return `${JSON.stringify(bundleJsonSchema(), null, 2)}\n`;
}

/** Says how a text is written, and leaves out what tells an editor nothing. */
function forEditors({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  const { written } = jsonSchema;
  if (typeof written !== "object") return;
  delete jsonSchema.anyOf;
  delete jsonSchema.written;
  Object.assign(jsonSchema, written);
}
