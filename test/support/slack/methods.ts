import { randomBytes } from "node:crypto";
import { checkBlocks } from "./check-blocks.ts";
import { LENGTHS } from "./limits.ts";
import { nextTs, type SlackMessage, type Team } from "./team.ts";

export type Args = Readonly<Record<string, string>>;
export type Answer = Record<string, unknown>;

export interface MethodDeps {
  team: Team;
  /** Where this server listens, without a slash at its end. */
  url(): string;
}

type Method = (deps: MethodDeps, args: Args) => Answer;

const no = (error: string): Answer => ({ ok: false, error });

/** What the Web API does, by method; tokens and rates have been looked at before. */
export const METHODS: Readonly<Record<string, Method>> = {
  "auth.test": ({ team }) => ({
    ok: true,
    team_id: team.id,
    user_id: team.botUser,
    bot_id: team.botId,
    user: team.botName,
  }),
  "chat.postMessage": postMessage,
  "chat.update": updateMessage,
  "chat.postEphemeral": postEphemeral,
  "reactions.add": (deps, args) => react(deps, args, true),
  "reactions.remove": (deps, args) => react(deps, args, false),
  "files.getUploadURLExternal": startUpload,
  "files.completeUploadExternal": completeUpload,
  "conversations.info": ({ team }, { channel = "" }) =>
    team.channels.has(channel)
      ? { ok: true, channel: { id: channel, name: channel.toLowerCase() } }
      : no("channel_not_found"),
  "conversations.history": ({ team }, { channel }) => listed(team, (m) => m.channel === channel),
  "conversations.replies": ({ team }, { channel, ts }) =>
    listed(team, (m) => m.channel === channel && (m.thread === ts || m.ts === ts)),
  "users.info": ({ team }, { user }) => ({ ok: true, user: { id: user, team_id: team.id } }),
};

function postMessage({ team }: MethodDeps, args: Args): Answer {
  const content = contentOf(team, args);
  if ("error" in content) return no(content.error);
  const message: SlackMessage = {
    ts: nextTs(),
    channel: args.channel ?? "",
    thread: args.thread_ts,
    user: team.botUser,
    ...content,
    metadata: args.metadata === undefined ? undefined : JSON.parse(args.metadata),
    edits: 0,
    firstAtMs: performance.now(),
  };
  team.messages.push(message);
  return { ok: true, channel: message.channel, ts: message.ts };
}

function updateMessage({ team }: MethodDeps, args: Args): Answer {
  const message = team.messages.find(
    ({ ts, channel }) => ts === args.ts && channel === args.channel,
  );
  if (!message) return no("message_not_found");
  if (message.user !== team.botUser) return no("cant_update_message");
  const content = contentOf(team, args);
  if ("error" in content) return no(content.error);
  Object.assign(message, content, { edits: message.edits + 1 });
  return { ok: true, channel: message.channel, ts: message.ts };
}

function postEphemeral({ team }: MethodDeps, args: Args): Answer {
  const content = contentOf(team, args);
  if ("error" in content) return no(content.error);
  const { channel = "", user = "", thread_ts: thread } = args;
  team.whispers.push({ channel, user, thread, blocks: content.blocks });
  return { ok: true, message_ts: nextTs() };
}

function contentOf(team: Team, { channel = "", text = "", blocks: json }: Args) {
  const members = team.channels.get(channel);
  if (!members) return { error: "channel_not_found" };
  if (!members.has(team.botUser)) return { error: "not_in_channel" };
  if (text.length > LENGTHS.messageText.most) return { error: "msg_too_long" };
  const checked = checkBlocks(json);
  if ("error" in checked) return checked;
  if (text === "" && checked.blocks.length === 0) return { error: "no_text" };
  return { text, blocks: checked.blocks };
}

function react({ team }: MethodDeps, args: Args, isAdded: boolean): Answer {
  const name = `${args.channel} ${args.timestamp} ${args.name}`;
  if (team.reactions.has(name) === isAdded) return no(isAdded ? "already_reacted" : "no_reaction");
  if (isAdded) {
    team.reactions.add(name);
    team.reacted.push(name);
  } else team.reactions.delete(name);
  return { ok: true };
}

function startUpload({ team, url }: MethodDeps, { filename, length }: Args): Answer {
  if (!filename || !(Number(length) > 0)) return no("invalid_arguments");
  if (Number(length) > LENGTHS.fileBytes.most) return no("file_upload_size_restricted");
  const id = `F${randomBytes(5).toString("hex").toUpperCase()}`;
  const file = { id, name: filename, bytes: Buffer.alloc(0), channel: undefined };
  team.files.set(id, { ...file, thread: undefined });
  return { ok: true, upload_url: `${url()}/upload/${id}`, file_id: id };
}

function completeUpload({ team }: MethodDeps, args: Args): Answer {
  const [{ id = "" } = {}]: { id?: string }[] = JSON.parse(args.files ?? "[]");
  const file = team.files.get(id);
  if (!file || file.bytes.length === 0) return no("file_not_found");
  if (!team.channels.get(args.channel_id ?? "")?.has(team.botUser)) return no("not_in_channel");
  file.channel = args.channel_id;
  file.thread = args.thread_ts;
  return { ok: true, files: [{ id, title: file.name }] };
}

function listed(team: Team, isMeant: (message: SlackMessage) => boolean): Answer {
  const messages = team.messages
    .filter(isMeant)
    .map(({ ts, user, text, metadata }) => ({ ts, user, text, ...(metadata ? { metadata } : {}) }));
  return { ok: true, messages };
}
