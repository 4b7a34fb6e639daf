import { inboxOfToken } from "../../relay/wire/join-token.ts";
import { downTo, ENROL, inboxOf } from "../../relay/wire/subjects.ts";

/** What a NATS user may do; the server refuses everything else. */
export interface NatsPermissions {
  pub: { allow: string[] };
  sub: { allow: string[] };
}

export function relayPermissions(relayId: string): NatsPermissions {
  return {
    pub: { allow: [`aldis.up.${relayId}.>`] },
    sub: { allow: [downTo(relayId), `${inboxOf(relayId)}.>`] },
  };
}

/** Enough to ask once, and to hear the answer to this token. */
export function newcomerPermissions(token: string): NatsPermissions {
  return {
    pub: { allow: [ENROL] },
    sub: { allow: [`${inboxOfToken(token)}.>`] },
  };
}

export function botPermissions(): NatsPermissions {
  return {
    pub: { allow: ["aldis.down.>", "_INBOX.>", "aldis.bots.>"] },
    sub: { allow: ["aldis.up.>", ENROL, "aldis.bots.>", "_INBOX.bot.>"] },
  };
}

/** What the bot needs of the system account: to read and to replace an account's claims. */
export function systemPermissions(): NatsPermissions {
  return {
    pub: { allow: ["$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP"] },
    sub: { allow: ["_INBOX.bot.>"] },
  };
}
