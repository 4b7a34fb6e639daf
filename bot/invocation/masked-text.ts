import type { Message } from "./message.ts";
import { understand } from "./understand.ts";
import type { View } from "./view.ts";

/** What was typed without the values of secret options, as the record has it. */
export function maskedText(view: View, message: Message, now: Date): string {
  const understood = understand(view, message, now);
  if (understood.kind === "ignored") return message.text;
  return understood.kind === "refused" ? understood.text : understood.request.text;
}
