import { createHash } from "node:crypto";
import type { z } from "zod";
import type { ChatAdapter } from "../adapter.ts";
import { createPace } from "../live/pace.ts";
import { createCalls } from "./calls.ts";
import { createCatchUp } from "./catch-up.ts";
import { createChannels } from "./channels.ts";
import { ADAPTER, type DiscordDeps } from "./deps.ts";
import { ChannelEvent, GuildEvent, InteractionEvent, MessageEvent, ReadyEvent } from "./events.ts";
import { startGateway } from "./gateway.ts";
import { isSaidByPerson, messageOf } from "./incoming.ts";
import { takeInteraction } from "./interactions.ts";
import { inviteUrl } from "./invite.ts";
import { takeLease } from "./lease.ts";
import { limitOf } from "./limits.ts";
import { MessageConversation } from "./message-conversation.ts";
import { publishCommands } from "./publish-commands.ts";

export type { DiscordDeps } from "./deps.ts";

/** Another bot listens so long after the one before has fallen silent. */
const LEASE_MS = 10_000;

/** The bot in the servers that it was invited to, and in direct messages. */
export function startDiscord(deps: DiscordDeps): ChatAdapter {
  const { clock, log, workspaceId } = deps;
  const calls = createCalls(deps);
  const pace = createPace({ clock, limitOf });
  const channels = createChannels();
  const catchUp = createCatchUp({ calls, clock, take: onMessage, attempt });
  const now = () => new Date(clock.wallMs());
  let own: { userId: string; applicationId: string } | undefined;
  let commands: ReturnType<typeof publishCommands> | undefined;

  function onReady(ready: ReadyEvent): void {
    const { user, application } = ready;
    log.info({ user: user.username, invite: inviteUrl(application.id) }, "Discord is connected");
    own = { userId: user.id, applicationId: application.id };
    catchUp.begin(ready);
    const caller = { adapter: ADAPTER, installation: application.id, providerUser: user.id };
    const readView = () => {
      deps.views.forget(workspaceId);
      return deps.views.read(workspaceId, caller);
    };
    commands ??= publishCommands({ calls, clock, log, readView }, application.id);
  }

  function onGuild(guild: GuildEvent): void {
    for (const channel of [...guild.channels, ...guild.threads]) channels.add(channel);
    catchUp.guild(guild);
  }

  function onMessage(event: MessageEvent): void {
    catchUp.heard(event);
    if (own && isSaidByPerson(event, own.userId)) attempt(() => take(event));
  }

  async function take(event: MessageEvent): Promise<void> {
    if (!own) return;
    const { userId: ownId, applicationId } = own;
    const parent = (channels.find(event.channel_id) ?? (await learn(event.channel_id)))?.parent;
    const channel = parent ?? event.channel_id;
    const around = { workspaceId, applicationId, ownId, channel, channelName: channels.name };
    const conversationDeps = { ...deps, calls, pace };
    const conversation = new MessageConversation(conversationDeps, event, parent !== undefined);
    await deps.handle(messageOf(event, around), conversation);
  }

  /** Rules that name a channel hold in its threads, too: nothing is decided before that is known. */
  async function learn(channel: string) {
    channels.add(await calls.readChannel(channel));
    return channels.find(channel);
  }

  function attempt(act: () => Promise<void>): void {
    act().catch((error: unknown) => log.warn({ err: error }, "an event from Discord met a fault"));
  }

  function read<T>(schema: z.ZodType<T>, use: (event: T) => void): (data: unknown) => void {
    return (data) => {
      const parsed = schema.safeParse(data);
      if (parsed.success) use(parsed.data);
      else log.warn({ err: parsed.error }, "an event from Discord cannot be read");
    };
  }

  const leaseDeps = { ...deps, leaseMs: LEASE_MS };
  const gateway = startGateway(
    { ...deps, takeLease: (signal) => takeLease(leaseDeps, leaseName(deps.token), signal) },
    {
      onOwned: (sinceMs) => {
        if (sinceMs !== undefined) catchUp.heardUntil(sinceMs);
      },
      onReady: read(ReadyEvent, onReady),
      onGuild: read(GuildEvent, onGuild),
      onChannel: read(ChannelEvent, channels.add),
      onMessage: read(MessageEvent, onMessage),
      onInteraction: read(InteractionEvent, (event) =>
        attempt(() => takeInteraction({ ...deps, calls, pace, now }, event)),
      ),
    },
  );
  return {
    async stop() {
      commands?.stop();
      await gateway.stop();
    },
  };
}

/** One for each Discord application, or rather its token. */
function leaseName(token: string): string {
  return `discord ${createHash("sha256").update(token).digest("hex").slice(0, 32)}`;
}
