import { z } from "zod";
import { LENGTHS } from "./limits.ts";

const style = z.strictObject({ bold: z.boolean().optional(), code: z.boolean().optional() });
const some = (most: number) => z.string().min(1).max(most);

const RichTextElement = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("text"),
    text: some(LENGTHS.textElement.most),
    style: style.optional(),
  }),
  z.strictObject({ type: z.literal("emoji"), name: z.string() }),
  z.strictObject({ type: z.literal("user"), user_id: z.string() }),
  z.strictObject({ type: z.literal("broadcast"), range: z.string() }),
  z.strictObject({ type: z.literal("link"), url: z.string(), text: z.string().optional() }),
]);

const RichText = z.strictObject({
  type: z.literal("rich_text"),
  elements: z
    .array(
      z.strictObject({
        type: z.enum(["rich_text_section", "rich_text_preformatted"]),
        elements: z.array(RichTextElement).min(1),
      }),
    )
    .min(1),
});

const Button = z.strictObject({
  type: z.literal("button"),
  action_id: some(LENGTHS.actionId.most),
  text: z.strictObject({
    type: z.literal("plain_text"),
    text: some(LENGTHS.buttonText.most),
    emoji: z.boolean().optional(),
  }),
  style: z.enum(["danger", "primary"]).optional(),
  value: some(LENGTHS.buttonValue.most).optional(),
});

const Actions = z.strictObject({
  type: z.literal("actions"),
  elements: z.array(Button).min(1).max(LENGTHS.actionElements.most),
});

const Blocks = z.array(z.discriminatedUnion("type", [RichText, Actions])).max(LENGTHS.blocks.most);
export type Blocks = z.infer<typeof Blocks>;

/** Slack's error for what it would not take; the blocks otherwise. */
export function checkBlocks(json: string | undefined): { error: string } | { blocks: Blocks } {
  if (json === undefined) return { blocks: [] };
  if (json.length > LENGTHS.allBlocks.most) return { error: "msg_blocks_too_long" };
  if (!json.isWellFormed()) return { error: "invalid_blocks_format" };
  const parsed = Blocks.safeParse(parse(json));
  return parsed.success ? { blocks: parsed.data } : { error: "invalid_blocks" };
}

/** What a reader sees, code apart from the rest. */
export function textsOf(blocks: Blocks): { plain: string; code: string[] } {
  const rich = blocks.flatMap((block) => (block.type === "rich_text" ? block.elements : []));
  const words = (element: (typeof rich)[number]) =>
    element.elements.map((part) => (part.type === "text" ? part.text : "")).join("");
  return {
    plain: rich
      .filter(({ type }) => type === "rich_text_section")
      .map(words)
      .join("\n"),
    code: rich.filter(({ type }) => type === "rich_text_preformatted").map(words),
  };
}

/** Whom a message would call: by elements, or by markup in the text that Slack reads. */
export function mentionsIn(text: string, blocks: Blocks): string[] {
  const parts = blocks.flatMap((block) =>
    block.type === "rich_text" ? block.elements.flatMap(({ elements }) => elements) : [],
  );
  const called = parts.filter(({ type }) => type === "user" || type === "broadcast");
  const marked = text.match(/<[@!#][^>]*>|<https?:[^>]*>/g) ?? [];
  return [...called.map(({ type }) => type), ...marked];
}

export function buttonsOf(blocks: Blocks): z.infer<typeof Button>[] {
  return blocks.flatMap((block) => (block.type === "actions" ? block.elements : []));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
