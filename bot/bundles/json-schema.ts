import { z } from "zod";
import { BundleFile } from "./schema.ts";

/** The JSON Schema of the bundle file, for editors. */
export function bundleJsonSchema(): object {
  return { title: "Aldis bundle", ...z.toJSONSchema(BundleFile, { io: "input" }) };
}
