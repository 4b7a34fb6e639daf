import type { Message } from "../../invocation/message.ts";
import { refuse } from "../../replies/answer.ts";
import { lineOfButton } from "./buttons.ts";
import { type CommandLine, lineOfCommand } from "./command-line.ts";
import type { DiscordDeps } from "./deps.ts";
import { ButtonData, CommandData, INTERACTION, type InteractionEvent } from "./events.ts";
import { messageOfInteraction } from "./incoming.ts";
import {
  InteractionConversation,
  type InteractionConversationDeps,
} from "./interaction-conversation.ts";
import { suggestionsFor } from "./suggestions.ts";

export type InteractionDeps = InteractionConversationDeps &
  Pick<DiscordDeps, "handle" | "workspaceId" | "views" | "prefix"> & { now(): Date };

/** What somebody chose or pressed becomes a line, and goes the way of every line. */
export async function takeInteraction(
  deps: InteractionDeps,
  event: InteractionEvent,
): Promise<void> {
  const { type } = event;
  if (type === INTERACTION.autocomplete) return suggest(deps, event);
  if (type !== INTERACTION.command && type !== INTERACTION.button) return;
  const conversation = new InteractionConversation(deps, {
    ...interactionOf(event),
    channel: event.channel_id,
    isPrivate: type === INTERACTION.button,
  });
  try {
    const read = type === INTERACTION.button ? lineOf(event) : await readCommand(deps, event);
    if (!read.ok) return await conversation.tell(refuse(read.reason));
    const line = `${await deps.prefix()}${read.line}`;
    await deps.handle(messageFor(deps, event, line), conversation);
  } finally {
    conversation.done();
  }
}

async function suggest(deps: InteractionDeps, event: InteractionEvent): Promise<void> {
  const message = messageFor(deps, event, "");
  const view = await deps.views.read(message.workspaceId, message.caller);
  const values = suggestionsFor(view, message, CommandData.parse(event.data), deps.now());
  await deps.calls.suggest(interactionOf(event), values);
}

async function readCommand(deps: InteractionDeps, event: InteractionEvent): Promise<CommandLine> {
  const { workspaceId, caller } = messageFor(deps, event, "");
  const { bundles } = await deps.views.read(workspaceId, caller);
  return lineOfCommand(CommandData.parse(event.data), bundles);
}

function lineOf(event: InteractionEvent): CommandLine {
  const line = lineOfButton(ButtonData.parse(event.data).custom_id);
  if (line === undefined) return { ok: false, reason: "this button does nothing any more" };
  return { ok: true, line };
}

function messageFor(
  { workspaceId }: InteractionDeps,
  event: InteractionEvent,
  line: string,
): Message {
  const around = { workspaceId, applicationId: event.application_id };
  return messageOfInteraction(event, line, around);
}

function interactionOf({ id, token, application_id: application }: InteractionEvent) {
  return { id, token, application };
}
