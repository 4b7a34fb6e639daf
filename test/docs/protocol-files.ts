import { WIRE_KINDS } from "../relay/wire/recorded-kinds.ts";
import { sequenceDrawing, stateDrawing } from "./protocol-drawings.ts";
import { messagesPage } from "./protocol-messages.ts";
import { printMessageSchema } from "./protocol-schemas.ts";

/** Everything in `docs/protocol/`. */
export function protocolFiles(): { path: string; text: string }[] {
  const schemas = Object.keys(WIRE_KINDS).map((kind) => ({
    path: `docs/protocol/${kind}.schema.json`,
    text: printMessageSchema(kind),
  }));
  return [
    { path: "docs/protocol/messages.md", text: messagesPage() },
    { path: "docs/protocol/execution.svg", text: sequenceDrawing() },
    { path: "docs/protocol/states.svg", text: stateDrawing() },
    ...schemas,
  ];
}
