import { z } from "zod";
import { PolicyFile } from "./schema.ts";

/** The JSON Schema of the file that `relay.policy_file` names, for editors. */
export function policyJsonSchema(): object {
  const schema = z.toJSONSchema(PolicyFile, { io: "input" });
  return {
    $schema: schema.$schema,
    $id: "urn:aldis:relay-policy:1",
    title: "Aldis relay policy",
    description: "What the owner of a relay's host lets containers have.",
    ...schema,
  };
}

/** The file `docs/relay-policy.schema.json`. */
export function printPolicySchema(): string {
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
}
