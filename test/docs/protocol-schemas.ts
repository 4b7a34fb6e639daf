import { z } from "zod";
import { WIRE_KINDS } from "../relay/wire/recorded-kinds.ts";

/** What a reader accepts as the body of a message; it drops what is not named here. */
export function messageSchema(kind: string): object {
  const known = WIRE_KINDS[kind];
  if (!known) throw new Error(`there is no message "${kind}"`);
  const schema = z.toJSONSchema(known.schema, { io: "input", override: plainly });
  return {
    $schema: schema.$schema,
    $id: `urn:aldis:message:${kind}:1`,
    title: known.typ ?? kind,
    ...schema,
  };
}

/** The file of a kind below `docs/protocol/`. */
export function printMessageSchema(kind: string): string {
  return `${JSON.stringify(messageSchema(kind), null, 2)}\n`;
}

/** Leaves out a bound that is that of the number type itself. */
function plainly({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}
