import { randomBytes } from "node:crypto";
import type { SocketMode } from "./socket-mode.ts";
import { nextTs, type Team } from "./team.ts";

export interface SaidOptions {
  user?: string;
  channel?: string;
  thread?: string;
  /** When it was said; now unless set. */
  ts?: string;
  /** What else the event holds. */
  event?: Record<string, unknown>;
  /** What else is around the event. */
  body?: Record<string, unknown>;
  type?: "message" | "app_mention";
}

/** What people do in the team; each gives the envelope's id. */
export interface People {
  /** Says something, and is heard once more as `app_mention` where the bot is mentioned. */
  say(text: string, options?: SaidOptions): { ts: string; envelopeId: string };
  /** One event as it is. */
  send(text: string, options?: SaidOptions): { ts: string; envelopeId: string };
  edit(text: string, ts: string, options?: SaidOptions): string;
  command(text: string, options?: SaidOptions & { trigger?: string }): string;
  press(button: { action_id: string; value?: string | undefined }, on: Pressed): string;
}

interface Pressed {
  ts: string;
  thread: string | undefined;
  channel: string;
  user?: string;
  userTeam?: string;
}

export const ADA = "U0ADA";

export function createPeople(deps: { team: Team; socketMode: SocketMode; url: string }): People {
  const { team, socketMode, url } = deps;

  function send(text: string, options: SaidOptions = {}) {
    const { user = ADA, channel = "C0OPS", thread, ts = nextTs(), type = "message" } = options;
    const event = {
      type,
      user,
      text,
      ts,
      channel,
      event_ts: ts,
      team: team.id,
      ...(type === "message" && { channel_type: channel.startsWith("D") ? "im" : "channel" }),
      ...(thread !== undefined && { thread_ts: thread }),
      ...options.event,
    };
    const envelopeId = socketMode.send({
      type: "events_api",
      payload: eventBody(event, options.body),
    });
    return { ts, envelopeId };
  }

  function eventBody(event: object, body: object | undefined) {
    return {
      type: "event_callback",
      team_id: team.id,
      api_app_id: "A0ALDIS",
      event_id: `Ev${randomBytes(6).toString("hex")}`,
      event_time: Math.floor(Date.now() / 1_000),
      authorizations: [{ team_id: team.id, user_id: team.botUser, is_bot: true }],
      is_ext_shared_channel: false,
      event,
      ...body,
    };
  }

  function edit(text: string, ts: string, { user = ADA, channel = "C0OPS" }: SaidOptions = {}) {
    const message = { type: "message", user, text, ts, edited: { user, ts: nextTs() } };
    const event = { type: "message", subtype: "message_changed", hidden: true, channel, message };
    const whole = { ...event, ts: nextTs(), channel_type: "channel" };
    return socketMode.send({ type: "events_api", payload: eventBody(whole, undefined) });
  }

  return {
    send,
    edit,
    say(text, options) {
      const said = send(text, options);
      if (text.includes(`<@${team.botUser}>`)) {
        send(text, { ...options, ts: said.ts, type: "app_mention" });
      }
      return said;
    },
    command(text, { user = ADA, channel = "C0OPS", trigger = trigger_id(), body } = {}) {
      const payload = {
        command: "/aldis",
        text,
        team_id: team.id,
        channel_id: channel,
        user_id: user,
        trigger_id: trigger,
        response_url: `${url}/respond/${trigger}`,
        ...body,
      };
      return socketMode.send({ type: "slash_commands", payload });
    },
    press({ action_id, value }, { ts, thread, channel, user = ADA, userTeam = team.id }) {
      const trigger = trigger_id();
      const payload = {
        type: "block_actions",
        team: { id: team.id },
        user: { id: user, team_id: userTeam },
        channel: { id: channel },
        container: { type: "message", message_ts: ts, channel_id: channel },
        message: { ts, ...(thread !== undefined && { thread_ts: thread }) },
        trigger_id: trigger,
        response_url: `${url}/respond/${trigger}`,
        actions: [{ type: "button", action_id, value, action_ts: nextTs() }],
      };
      return socketMode.send({ type: "interactive", payload });
    },
  };
}

function trigger_id(): string {
  return `1.2.${randomBytes(8).toString("hex")}`;
}
